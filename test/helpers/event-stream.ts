import { type ClientRequest, get, type IncomingMessage } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { until } from "./until.ts"

/** An event as a reader gets it. */
export interface StreamedEvent {
  readonly id: string
  readonly event: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into any event
  readonly data: any
}

/** A reader of Server-Sent Events, over one connection. Source: WHATWG HTML, "Parsing an event stream". */
export class EventStream {
  readonly events: StreamedEvent[] = []
  readonly comments: string[] = []
  /** When to come again, in ms; undefined until the server says. */
  retryMs: number | undefined
  /** What to come again with. */
  lastEventId: string
  readonly response: IncomingMessage
  ended = false
  readonly #request: ClientRequest
  #text = ""
  #id: string
  #event = ""
  #data: string[] = []

  private constructor(request: ClientRequest, response: IncomingMessage, lastEventId: string) {
    this.#request = request
    this.response = response
    this.lastEventId = lastEventId
    this.#id = lastEventId
    const end = (): void => {
      this.ended = true
    }
    response.setEncoding("utf8").on("data", (text: string) => this.#take(text))
    response.on("error", end).on("close", end)
  }

  /** Resolves when the head of the answer is there, whatever its status. */
  static open(url: string, lastEventId = "", headers: Record<string, string> = {}): Promise<EventStream> {
    const id = lastEventId === "" ? {} : { "last-event-id": lastEventId }
    return new Promise((resolve, reject) => {
      const request = get(url, { agent: false, headers: { accept: "text/event-stream", ...id, ...headers } })
      request.once("response", (response) => resolve(new EventStream(request, response, lastEventId)))
      request.once("error", reject)
      // An error that comes later ends the answer as well.
      request.on("error", () => {})
    })
  }

  /** The sequences of the events, in the order in which they came. */
  get seqs(): number[] {
    return this.events.filter(({ event }) => event === "action").map(({ data }) => data.seq)
  }

  async count(count: number): Promise<void> {
    await until(`${count} events`, () => this.events.length >= count).catch((error: Error) => {
      const others = this.events.filter(({ event }) => event !== "action").map(({ event }) => event)
      throw new Error(`${error.message}; ${this.events.length} came, ended: ${this.ended}, others: ${others}`)
    })
  }

  /** Reads no more, until `resume`. */
  pause(): void {
    this.response.pause()
  }

  resume(): void {
    this.response.resume()
  }

  close(): void {
    this.#request.destroy()
  }

  #take(text: string): void {
    const lines = (this.#text + text).split("\n")
    this.#text = lines.pop() ?? ""
    for (const line of lines) this.#line(line)
  }

  #line(line: string): void {
    const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (line === "") this.#dispatch()
    else if (field === "") this.comments.push(value)
    else if (field === "event") this.#event = value
    else if (field === "data") this.#data.push(value)
    else if (field === "id") this.#id = value
    else if (field === "retry") this.retryMs = Number(value)
  }

  // An event that was cut off in the middle is none, and its id does not count.
  #dispatch(): void {
    this.lastEventId = this.#id
    if (this.#data.length > 0) {
      const data: unknown = JSON.parse(this.#data.join("\n"))
      this.events.push({ id: this.lastEventId, event: this.#event, data })
    }
    this.#event = ""
    this.#data = []
  }
}

/** A reader that comes again whenever its connection has ended, as a browser's EventSource does. */
export class PersistentStream {
  readonly events: StreamedEvent[] = []
  connections = 0
  readonly #url: string
  #lastEventId: string
  #stopped = false
  #stream: EventStream | undefined
  readonly #running: Promise<void>

  constructor(url: string, lastEventId = "") {
    this.#url = url
    this.#lastEventId = lastEventId
    this.#running = this.#run()
  }

  get seqs(): number[] {
    return [...this.events, ...(this.#stream?.events ?? [])]
      .filter(({ event }) => event === "action")
      .map(({ data }) => data.seq)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#stream?.close()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const stream = await EventStream.open(this.#url, this.#lastEventId).catch(() => undefined)
      this.#stream = stream
      if (this.#stopped) stream?.close()
      if (stream !== undefined) {
        if (stream.response.statusCode !== 200)
          throw new Error(`an EventSource gives up: ${stream.response.statusCode}`)
        this.connections++
        while (!stream.ended) await sleep(5)
        this.#stream = undefined
        this.events.push(...stream.events)
        this.#lastEventId = stream.lastEventId
      }
      // The server says 1 to 3 s; tests have less time.
      await sleep(50)
    }
  }
}
