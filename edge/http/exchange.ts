import { randomUUID } from "node:crypto"
import type { IncomingMessage } from "node:http"
import type { Headers } from "res-service"
import { isRequestId, isTraceparent, originHeaders } from "../../contract/request-origin.ts"
import { RateHeaders } from "./rate-headers.ts"

/** What an answer needs of node's `ServerResponse`. */
export interface Answer {
  setHeader(name: string, value: string): unknown
  writeHead(status: number): unknown
  end(body: string): unknown
}

/** A request, what is known about it, and its answer; the same for requests that Express routes and for those of `leanPublish`. */
export class Exchange {
  readonly req: IncomingMessage
  readonly res: Answer
  /** The address of the client that sent the request, for the limits of edge and service. */
  readonly clientAddress: string
  /** The client's `X-Request-Id` if it is a plain one, else a new one. */
  readonly requestId: string
  readonly rates = new RateHeaders()
  /** The trace that the request belongs to, and its span there: the client's, or that of the edge. */
  trace: string | undefined
  /** In ms of `performance.now()`. */
  readonly startedAt = performance.now()

  constructor(req: IncomingMessage, res: Answer, clientAddress: string) {
    this.req = req
    this.res = res
    this.clientAddress = clientAddress
    const given = this.header(originHeaders.requestId.toLowerCase())
    this.requestId = given !== undefined && isRequestId(given) ? given : randomUUID()
    const trace = this.header(originHeaders.trace)
    this.trace = trace !== undefined && isTraceparent(trace) ? trace : undefined
  }

  /** A header of the request; `name` in lower case. */
  header(name: string): string | undefined {
    const value = this.req.headers[name]
    return typeof value === "string" ? value : undefined
  }

  /** The headers by which the request can be followed, for the RES requests that it causes. */
  get origin(): Headers {
    if (this.trace === undefined) return { [originHeaders.requestId]: this.requestId }
    return { [originHeaders.requestId]: this.requestId, [originHeaders.trace]: this.trace }
  }

  /** Sends the whole answer. */
  send(status: number, contentType: string, body: string): void {
    this.rates.setOn(this.res)
    this.res.setHeader("Content-Type", contentType)
    this.res.setHeader("Content-Length", String(Buffer.byteLength(body)))
    this.res.writeHead(status)
    this.res.end(body)
  }
}
