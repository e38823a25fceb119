import { WebSocket } from "ws"
import type { EcwidCart, FriendName, FriendStep } from "./friends.ts"

/** Time for a reply, and for a socket to open, in ms. */
const REPLY_TIMEOUT_MS = 5000

interface Message {
  readonly event: string
  readonly payload: { readonly customerId?: string; readonly resumeToken?: string; readonly code?: string }
}

/**
 * A friend with an old storefront's page: a WebSocket that speaks the old protocol. It joins a session with a host, or starts one
 * without. If it loses its socket, it reconnects with its cart.
 */
export class Friend {
  readonly #name: FriendName
  readonly #url: string
  #socket: WebSocket | undefined
  #customer: { readonly customerId: string; readonly resumeToken: string } | undefined
  #cart: EcwidCart | undefined

  /** @param url of the session: `ws://host:port/<sessionId>` */
  constructor(name: FriendName, url: string) {
    this.#name = name
    this.#url = url
  }

  /** Performs a step. Rejects if the product does not answer. */
  async act(step: FriendStep): Promise<void> {
    if (step.does === "leave") return await this.leave()
    await this.#enter()
    const { customerId } = this.#customer ?? {}
    if (step.does === "updateCart") {
      this.#cart = step.cart
      this.#send("updateCart", { customerId, cartContent: step.cart })
    }
    if (step.does === "ready") {
      this.#send("customerReadyToCheckout", { customerId, customerReadyToCheckout: step.ready })
    }
  }

  /** Leaves the session. */
  async leave(): Promise<void> {
    if (this.#isOpen) await this.#ask("leaveSession", undefined, ["leaveSession"]).catch(() => {})
    this.#socket?.terminate()
    this.#socket = undefined
    this.#customer = undefined
    this.#cart = undefined
  }

  get #isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  async #enter(): Promise<void> {
    if (this.#isOpen && this.#customer !== undefined) return
    if (!this.#isOpen) this.#socket = await opened(this.#url)
    if (this.#customer !== undefined) {
      const back = await this.#ask("resumeSession", this.#customer, ["resumeSession", "error"])
      if (back.event !== "error") return
    }
    const { customerId = "", resumeToken = "" } = await this.#join()
    this.#customer = { customerId, resumeToken }
    if (this.#cart !== undefined) this.#send("updateCart", { customerId, cartContent: this.#cart })
  }

  async #join(): Promise<Message["payload"]> {
    let refusal = ""
    for (const event of ["joinSession", "startSession", "joinSession"]) {
      const reply = await this.#ask(event, { customerName: this.#name }, [event, "error"])
      if (reply.event !== "error") return reply.payload
      refusal = reply.payload.code ?? ""
    }
    throw new Error(`${this.#name} may not enter the session: ${refusal}`)
  }

  #send(event: string, payload: unknown): void {
    this.#socket?.send(JSON.stringify({ event, payload }))
  }

  /** Sends a message, and resolves to the first answer. */
  async #ask(event: string, payload: unknown, answers: readonly string[]): Promise<Message> {
    const socket = this.#socket
    if (socket === undefined) throw new Error("there is no socket")
    this.#send(event, payload)
    return await new Promise((resolve, reject) => {
      const done = (finish: () => void): void => {
        clearTimeout(timer)
        socket.off("message", onMessage)
        socket.off("close", onClose)
        finish()
      }
      const onMessage = (data: Buffer): void => {
        const message = JSON.parse(data.toString()) as Message
        if (answers.includes(message.event)) done(() => resolve(message))
      }
      const onClose = (): void => done(() => reject(new Error("the socket was closed")))
      const timer = setTimeout(() => done(() => reject(new Error(`no reply to ${event}`))), REPLY_TIMEOUT_MS)
      socket.on("message", onMessage)
      socket.on("close", onClose)
    })
  }
}

async function opened(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { handshakeTimeout: REPLY_TIMEOUT_MS })
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve)
    // Errors after that are followed by a close.
    socket.on("error", reject)
  })
  return socket
}
