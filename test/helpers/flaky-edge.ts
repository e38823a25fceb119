import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { json } from "node:stream/consumers"
import type { PublishEvent } from "../../contract/publish-event.ts"

/** What an edge got. */
export interface Received {
  readonly producer: string
  readonly epoch: number
  readonly seq: number
  readonly token: string | undefined
  /** The name in `Shared-Session-Name`, as it stands there. */
  readonly guest: string | undefined
  readonly events: readonly PublishEvent[]
  readonly at: number
}

/** What happens to a request instead of the usual. `lost`: the answer is lost after the events are stored. */
export type Fault =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | "cut"
  | "lost"

/**
 * An edge for faults that the real one does not have on demand: answers that get lost, hours of 503, other networks' pages. It keeps the
 * rules of producers: docs/producers.md.
 */
export class FlakyEdge {
  /** The log: events in the order in which they were stored. */
  readonly stored: PublishEvent[] = []
  readonly requests: Received[] = []
  #fault: (request: Received, number: number) => Fault | undefined = () => undefined
  readonly #known = new Map<string, { readonly body: string; readonly answer: object }>()
  readonly #server = createServer((req, res) => {
    // The client may be gone before its request is read.
    this.#answer(req, res).catch(() => res.destroy())
  })

  static async start(): Promise<FlakyEdge> {
    const edge = new FlakyEdge()
    edge.#server.listen(0, "127.0.0.1")
    await once(edge.#server, "listening")
    return edge
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get actionIds(): number[] {
    return this.stored.map(({ action_id }) => action_id)
  }

  /** From now on, `fault` decides about each request, by its number from 0; undefined: nothing is wrong. */
  misbehave(fault: (request: Received, number: number) => Fault | undefined): void {
    this.#fault = fault
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, "close")
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { headers, url = "" } = req
    if (!/^\/publish\/[^/]+$/.test(url)) return send(res, 404, problem(404))
    const events = (await json(req)) as PublishEvent[]
    const request: Received = {
      producer: String(headers["producer-id"]),
      epoch: Number(headers["producer-epoch"]),
      seq: Number(headers["producer-seq"]),
      token: headers.authorization?.replace("Bearer ", ""),
      guest: headers["shared-session-name"]?.toString(),
      events,
      at: performance.now(),
    }
    this.requests.push(request)
    const fault = this.#fault(request, this.requests.length - 1)
    if (fault === "cut") return void req.socket.destroy()
    if (typeof fault === "object") return send(res, fault.status, fault.body ?? {}, fault.headers)
    const key = `${request.producer} ${request.epoch} ${request.seq}`
    const known = this.#known.get(key)
    const body = JSON.stringify(events)
    if (known !== undefined && known.body !== body) return send(res, 409, problem(409, "store.producerConflict"))
    const answer =
      known?.answer ??
      events.map((event) => ({ status: `Message sent to shop ID ${event.shop_id}`, seq: this.stored.push(event) }))
    this.#known.set(key, { body, answer })
    if (fault === "lost") return void req.socket.destroy()
    send(res, 200, answer)
  }
}

/** The body of a problem as the edge writes it. */
export function problem(status: number, code?: string, errors?: object[]): object {
  return { type: "about:blank", title: "", status, detail: "for a test", request_id: "test", code, errors }
}

function send(res: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  const type = typeof body === "string" ? "text/html" : status < 400 ? "application/json" : "application/problem+json"
  res.writeHead(status, { "content-type": type, ...headers })
  res.end(typeof body === "string" ? body : JSON.stringify(body))
}
