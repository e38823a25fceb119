import type { IncomingMessage, ServerResponse } from "node:http"
import type { ClientAddresses, Logger } from "res-service"
import type { Checks } from "./checks.ts"
import { type Answer, Exchange } from "./exchange.ts"
import { follow, type RequestTracing } from "./follow.ts"
import { checkJsonType, MAX_BODY_BYTES, parseJson } from "./json-body.ts"
import { answerProblem } from "./problem.ts"
import { PUBLISH_ROUTE, type Publish } from "./publish.ts"
import { shopIn } from "./shop-path.ts"

/** Paths with a shop ID, or nearly one, and nothing to decode. */
const PATH = /^\/publish\/([\dA-Fa-f-]{32,36})$/

export interface LeanPublish {
  readonly addresses: ClientAddresses
  readonly checks: Checks
  readonly publish: Publish
  readonly tracing?: RequestTracing
  readonly logger: Logger
}

/**
 * Answers `POST /publish/{shop_id}` without Express, which would take most of the edge's time. The checks and the answers are those
 * of the route in `publishRoutes`.
 *
 * Takes only requests in their usual form: a plain path, and a body of a known and allowed length that is not compressed. Returns
 * false for all others, and has not touched them.
 */
export function leanPublish({ addresses, checks, publish, tracing, logger }: LeanPublish) {
  const answer = async (exchange: Exchange, shop: string): Promise<void> => {
    try {
      checks.first(exchange)
      checks.counted(exchange)
      checks.data(exchange)
      checkJsonType(exchange)
      const body = parseJson(await bytesOf(exchange.req))
      await publish(exchange, shopIn(shop), body)
    } catch (error) {
      answerProblem(exchange, error, logger)
    }
  }
  return (req: IncomingMessage, res: ServerResponse): boolean => {
    const shop = usualShop(req)
    if (shop === undefined) return false
    const exchange = new Exchange(req, new ListedAnswer(res), addresses.of(req))
    follow(exchange, res, publishRoute, tracing)
    void answer(exchange, shop)
    return true
  }
}

function publishRoute(): string {
  return PUBLISH_ROUTE
}

/** The shop in the path of a request in its usual form; undefined for other requests. */
function usualShop({ method, url = "", headers }: IncomingMessage): string | undefined {
  if (method !== "POST") return undefined
  if (headers["transfer-encoding"] !== undefined || headers["content-encoding"] !== undefined) return undefined
  return Number(headers["content-length"]) <= MAX_BODY_BYTES ? PATH.exec(url)?.[1] : undefined
}

/** A request's body. Never resolves if the client goes away before its end. */
function bytesOf(req: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    req.on("data", (chunk: Buffer) => chunks.push(chunk))
    req.on("end", () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
  })
}

/** Gives node all headers at once, which takes half the time of `ServerResponse.setHeader`. Each header may be set once. */
class ListedAnswer implements Answer {
  readonly #res: ServerResponse
  readonly #headers: string[] = []

  constructor(res: ServerResponse) {
    this.#res = res
  }

  setHeader(name: string, value: string): void {
    this.#headers.push(name, value)
  }

  writeHead(status: number): void {
    this.#res.writeHead(status, this.#headers)
  }

  end(body: string): void {
    this.#res.end(body)
  }
}
