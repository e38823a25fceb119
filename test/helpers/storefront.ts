import { once } from "node:events"
import { WebSocket } from "ws"
import type { Product } from "./product.ts"
import { until } from "./until.ts"
import { closeAfterEach } from "./use.ts"

/** One element of `multicartContent`. */
export interface SharedCart {
  readonly owner: {
    readonly id: string
    readonly name: string
    readonly isHost: boolean
    readonly isReadyToCheckout: boolean
  }
  readonly content: unknown
}

interface Message {
  readonly event: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into any payload
  readonly payload: any
}

/** A page with the old widget: a real WebSocket that speaks the old protocol, and notes all that it gets. */
export class Storefront {
  readonly webSocket: WebSocket
  /** All messages, oldest first. */
  readonly messages: Message[] = []
  customerId = ""
  resumeToken = ""

  private constructor(webSocket: WebSocket) {
    this.webSocket = webSocket
    webSocket.on("message", (data: Buffer) => this.messages.push(JSON.parse(data.toString())))
  }

  static async open(edgeUrl: string, sessionId: string, protocols: string[] = []): Promise<Storefront> {
    const webSocket = new WebSocket(`${edgeUrl.replace("http", "ws")}/${sessionId}`, protocols)
    const storefront = new Storefront(webSocket)
    await once(webSocket, "open")
    return storefront
  }

  send(event: string, payload?: unknown): void {
    this.webSocket.send(JSON.stringify({ event, payload }))
  }

  /** Sends `startSession`, `joinSession` or `resumeSession`, and takes the reply. Rejects when that is a refusal. */
  async enter(event: string, payload: object): Promise<Message["payload"]> {
    const from = this.messages.length
    this.send(event, payload)
    const reply = await until(`the reply to ${event}`, () =>
      this.messages.slice(from).find((message) => message.event === event || message.event === "error"),
    )
    if (reply.event === "error") throw new Error(`${event} was refused: ${reply.payload.code}`)
    Object.assign(this, reply.payload)
    return reply.payload
  }

  start(customerName: string): Promise<Message["payload"]> {
    return this.enter("startSession", { customerName })
  }

  join(customerName: string): Promise<Message["payload"]> {
    return this.enter("joinSession", { customerName })
  }

  /** Waits for a message of this event from a place in `messages` on; gives its payload. */
  async next(event: string, from = this.messages.length): Promise<Message["payload"]> {
    const found = await until(`a message ${event}`, () =>
      this.messages.slice(from).find((message) => message.event === event),
    )
    return found.payload
  }

  /** The code of the next refusal to what is sent. */
  async refusal(event: string, payload?: unknown): Promise<string> {
    const from = this.messages.length
    this.send(event, payload)
    return (await this.next("error", from)).code
  }

  /** What the page shows: the last `multicartUpdate`. */
  get sees(): SharedCart[] | undefined {
    return this.messages.findLast(({ event }) => event === "multicartUpdate")?.payload.multicartContent
  }

  /** Names and flags of what the page shows: `Host* Guest+`, with `*` for the host and `+` for who is ready. */
  get line(): string {
    return lineOf(this.sees ?? [])
  }

  /** The same of all that it has shown, oldest first. */
  get lines(): string[] {
    return this.messages.flatMap(({ event, payload }) =>
      event === "multicartUpdate" ? lineOf(payload.multicartContent) : [],
    )
  }

  async shows(line: string): Promise<void> {
    await until(`${line} (shown: ${this.line})`, () => this.line === line).catch((error: Error) => {
      throw new Error(`${error.message}; shown at the end: ${this.line}`)
    })
  }

  events(): string[] {
    return this.messages.map(({ event }) => event)
  }

  async close(): Promise<void> {
    if (this.webSocket.readyState === WebSocket.CLOSED) return
    const closed = once(this.webSocket, "close")
    this.webSocket.close()
    await closed
  }
}

function lineOf(carts: readonly SharedCart[]): string {
  return carts
    .map(({ owner }) => `${owner.name}${owner.isHost ? "*" : ""}${owner.isReadyToCheckout ? "+" : ""}`)
    .join(" ")
}

/** To be called in a `describe`: returns a function that opens a page in a session, until the end of the test. */
export function useStorefronts(
  product: Pick<Product, "edgeUrl">,
): (sessionId: string, protocols?: string[]) => Promise<Storefront> {
  const open = closeAfterEach<Storefront>((page) => page.close())
  return async (sessionId, protocols) => open(await Storefront.open(product.edgeUrl, sessionId, protocols))
}
