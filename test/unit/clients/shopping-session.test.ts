import { expect } from "chai"
import type { SocketHandlers } from "../../../clients/js/src/session/edge-link.ts"
import type { RefusedError } from "../../../clients/js/src/session/refusals.ts"
import { ShoppingSession } from "../../../clients/js/src/session/shopping-session.ts"

const customerId = "ann"
const tea = { items: [{ quantity: 1, product: { id: 1, name: "Tea", price: 4 } }] }

/** A session whose edge says what the test says, when the test says it: the order of messages matters here. */
class Scripted {
  readonly sent: { readonly event: string; readonly payload?: unknown }[] = []
  readonly session: ShoppingSession
  #handlers: SocketHandlers | undefined

  constructor() {
    const socket = { send: (text: string) => void this.sent.push(JSON.parse(text)), close: () => {} }
    const connect = (handlers: SocketHandlers) => {
      this.#handlers = handlers
      return socket
    }
    this.session = new ShoppingSession({ sessionId: "s", customerName: "Ann", how: "start", connect })
    this.#handlers?.onOpen()
    this.say("startSession", { customerId, resumeToken: "t" })
    this.update(tea)
  }

  say(event: string, payload: unknown): void {
    this.#handlers?.onFrame(JSON.stringify({ event, payload }))
  }

  update(content: object): void {
    const owner = { id: customerId, name: "Ann", isHost: true, isReadyToCheckout: false }
    this.say("multicartUpdate", { multicartContent: [{ owner, content }] })
  }

  refuse(event: string, code: string, data?: unknown): void {
    this.say("error", { code, message: code, event, data })
  }
}

const codeOf = (request: Promise<unknown>): Promise<string> =>
  request.then(
    () => "answered",
    (error: RefusedError) => error.code,
  )

describe("ShoppingSession", () => {
  let edge: Scripted

  beforeEach(() => {
    edge = new Scripted()
  })

  afterEach(() => edge.session.close())

  it("is not ready because a line could not be changed: the cart that it is told was never signed", async () => {
    edge.session.setCart(tea)
    const item = { quantity: 2 }
    const request = codeOf(edge.session.request({ event: "setItem", payload: { customerId, version: "old", item } }))
    edge.refuse("setItem", "session.cartChanged", { version: "new", content: tea })
    expect(await request).to.equal("session.cartChanged")
    expect(edge.sent.map(({ event }) => event)).to.not.include("customerReadyToCheckout")
  })

  it("tells that a request got no answer, also when a cart was sent after it", async () => {
    const request = codeOf(edge.session.request({ event: "lockSession" }))
    edge.session.setCart(tea)
    for (const phase of ["locked", "shopping"]) edge.say("sessionStatus", { status: { phase }, members: [] })
    expect(edge.sent.at(-1)?.event).to.equal("updateCart")
    edge.refuse("lockSession", "legacy.unavailable")
    expect(await request).to.equal("legacy.unavailable")
  })
})
