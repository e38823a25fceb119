import { type Request, Router } from "express"
import { ResError } from "res-service"
import type { Client } from "res-service/client"
import type { AuthCookie } from "../../config/auth.ts"
import { type Part, readHistory } from "../stream/shop-events.ts"
import type { ShopStreams } from "../stream/shop-streams.ts"
import { allowCookie, readerOf } from "./bearer.ts"
import { firstAnswer } from "./first-answer.ts"
import type { Places } from "./places.ts"
import { HttpProblem, methodNotAllowed } from "./problem.ts"
import { shopOf } from "./shop-path.ts"

/** Most events that `replay` gives: as many as a feed shows. */
const MAX_REPLAY = 100

export interface StreamRoutes {
  readonly client: Client
  readonly streams: ShopStreams
  readonly places: Places
  /** Places for requests that wait for the service. */
  readonly waiting: Places
  readonly cookie: AuthCookie | undefined
  /** Ends the requests that still wait for the service. */
  readonly stopping: AbortSignal
}

/**
 * `GET /stream/{shop_id}`: a shop's events as Server-Sent Events named `action`, with `seq` as their `id:`. It starts now, or after
 * `Last-Event-ID` (or `?last_event_id=`) without a gap or a repetition. With `?replay=N` the newest N events come first.
 *
 * Sends nothing, not even a status, until a read in the caller's name has succeeded. While the service is away, the request waits.
 *
 * Source: WHATWG HTML, "Server-sent events".
 */
export function streamRoutes({ client, streams, places, waiting, cookie, stopping }: StreamRoutes): Router {
  const router = Router()
  router
    .route("/stream/:shop_id")
    .get(async (req, res) => {
      allowCookie(req, res, cookie)
      const shopId = shopOf(req)
      const after = lastEventId(req)
      const replay = numberIn(req, "replay", MAX_REPLAY) ?? 0
      const caller = readerOf(req, cookie)
      const gone = new AbortController()
      const leave = (): void => gone.abort()
      res.once("close", leave)
      stopping.addEventListener("abort", leave)
      const first = await firstAnswer(
        () => firstPart(client, shopId, after, caller),
        () => waiting.take(req),
        gone.signal,
      ).finally(() => stopping.removeEventListener("abort", leave))
      if (res.closed) return
      if (stopping.aborted) throw new HttpProblem(503, "This edge is stopping; connect again")
      res.once("close", places.take(req, caller))
      res.writeHead(200, {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-store",
        // Otherwise nginx would buffer the stream.
        "X-Accel-Buffering": "no",
        // The connection ends with the stream, so that a stopping server need not wait for it.
        Connection: "close",
      })
      if (req.method === "HEAD") res.end()
      else streams.add(res, { shopId, caller, after, replay, first })
    })
    .all(methodNotAllowed("GET, HEAD"))
  return router
}

/** Reads on from a sequence. Undefined if the sequence belongs to another log. Rejects with the service's `ResError`. */
async function firstPart(...asked: Parameters<typeof readHistory>): Promise<Part | undefined> {
  try {
    return await readHistory(...asked)
  } catch (error) {
    if (error instanceof ResError && error.code === "store.unknownSequence") return undefined
    throw error
  }
}

/**
 * What clients without an ID send: nothing, an empty text, a JavaScript value as text, or the address of a frame without a URL.
 * They must not get an error, because an EventSource would give up for good.
 */
const NO_ID = /^(?:|null|undefined|NaN|about:.*)$/

/** A browser that reconnects sends the header, and still the address of its first request. */
function lastEventId(req: Request): number | undefined {
  const header = req.get("last-event-id")?.trim() ?? ""
  if (NO_ID.test(header)) return numberIn(req, "last_event_id")
  const detail = "expected the id of an event"
  return wholeNumber(header, "The Last-Event-ID cannot be used", { header: "Last-Event-ID", detail })
}

function numberIn(req: Request, parameter: string, max?: number): number | undefined {
  const text = req.query[parameter]
  if (text === undefined || (typeof text === "string" && NO_ID.test(text))) return undefined
  const detail = `expected a whole number${max === undefined ? "" : ` of at most ${max}`}`
  const number = wholeNumber(text, "The query cannot be used", { parameter, detail })
  if (max === undefined || number <= max) return number
  throw new HttpProblem(422, "The query cannot be used", [{ parameter, detail }])
}

function wholeNumber(text: unknown, problem: string, entry: HttpProblem["errors"][number]): number {
  if (typeof text === "string" && /^\d{1,15}$/.test(text)) return Number(text)
  throw new HttpProblem(422, problem, [entry])
}
