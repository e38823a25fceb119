import { setTimeout as sleep } from "node:timers/promises"
import { type Request, type Response, Router } from "express"
import { ResError } from "res-service"
import type { Client } from "res-service/client"
import { z } from "zod"
import type { AuthCookie } from "../../config/auth.ts"
import { BYTE_ORDER_MARK } from "../../contract/event-table.ts"
import { HistoryFilter, type HistoryPart } from "../../contract/history.ts"
import { feed } from "../../contract/store.ts"
import { allowCookie, type Caller, readerOf } from "./bearer.ts"
import { drained, ended } from "./drained.ts"
import { type EventFormat, eventFormats } from "./event-formats.ts"
import type { Places } from "./places.ts"
import { HttpProblem, methodNotAllowed } from "./problem.ts"
import { AWAY, shopOf } from "./shop-path.ts"

/** Time for a client to take a page, or the rest at the end, in ms. Then the export is cut off. */
const STALL_MS = 60_000
/** While the service is away: pause before a page is requested again, in ms, and most attempts. Then the export is cut off. */
const RETRY_MS = 500
const RETRIES = 60

const BOM_EXPECTED = "expected 0, or 1 with format=csv"

const Query = HistoryFilter.extend({
  format: z.enum(["ndjson", "csv"], "expected ndjson or csv").default("ndjson"),
  bom: z.enum(["0", "1"], BOM_EXPECTED).default("0"),
}).refine(({ format, bom }) => bom === "0" || format === "csv", { path: ["bom"], message: BOM_EXPECTED })

/** The events to export: those of a shop that match a filter. */
interface Reading {
  readonly client: Client
  readonly shopId: string
  readonly filter: HistoryFilter
  readonly caller: Caller
}

export interface ExportRoutes {
  readonly client: Client
  readonly places: Places
  readonly cookie: AuthCookie | undefined
  /** Ends all exports. */
  readonly stopping: AbortSignal
  /** Default 60 s. */
  readonly stallMs?: number | undefined
}

/**
 * `GET /export/{shop_id}?format=ndjson|csv`: all of a shop's events until now, oldest first, filtered by a
 * `HistoryFilter`. With `bom=1` CSV begins with a byte order mark. It is read page by page, no faster than the
 * client takes it, so an export of any size needs the memory of one page. An export that fails is cut off, so that nobody
 * mistakes it for a complete one.
 */
export function exportRoutes({ client, places, cookie, stopping, stallMs = STALL_MS }: ExportRoutes): Router {
  const router = Router()
  router
    .route("/export/:shop_id")
    .get(async (req, res) => {
      allowCookie(req, res, cookie)
      const shopId = shopOf(req)
      const { format, bom, ...filter } = queryOf(req)
      const reading = { client, shopId, filter, caller: readerOf(req, cookie) }
      const { after: end } = await readPart(reading, undefined)
      const freePlace = places.take(req, reading.caller)
      const stop = (): void => void res.destroy()
      stopping.addEventListener("abort", stop)
      try {
        const first = await readPart(reading, 0)
        res.set({
          "Content-Type": eventFormats[format].contentType,
          "Content-Disposition": `attachment; filename="${shopId}.${format}"`,
          "Cache-Control": "no-store",
          "X-Accel-Buffering": "no",
        })
        // An edge that stops announces that it closes its connections. Then fetch takes an answer that is cut off for a whole one.
        res.removeHeader("Connection")
        if (req.method !== "HEAD") {
          if (bom === "1") res.write(BYTE_ORDER_MARK)
          await write(res, eventFormats[format], { reading, first, end, stallMs })
        }
        await ended(res, "export", stallMs)
      } finally {
        freePlace()
        stopping.removeEventListener("abort", stop)
      }
    })
    .all(methodNotAllowed("GET, HEAD"))
  return router
}

interface Writing {
  readonly reading: Reading
  readonly first: HistoryPart
  /** The last sequence of the export. */
  readonly end: number
  readonly stallMs: number
}

/** Writes the first part and all following ones, but does not end the answer. */
async function write(res: Response, format: EventFormat, { reading, first, end, stallMs }: Writing): Promise<void> {
  try {
    res.write(format.head)
    for (let part = first; ; part = await readOn(reading, part.after, res)) {
      const events = part.events.filter(({ seq }) => seq <= end)
      if (events.length > 0) res.write(format.write(events))
      await drained(res, "export", stallMs)
      if (res.destroyed || part.end || part.after >= end) return
    }
  } catch {
    // The status is sent already; only an incomplete answer can tell the client.
    res.destroy()
  }
}

async function readOn(reading: Reading, after: number, res: Response): Promise<HistoryPart> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await readPart(reading, after)
    } catch (error) {
      const isLater = error instanceof ResError && [...AWAY, "system.tooManyRequests"].includes(error.code)
      if (res.destroyed || !isLater || attempt === RETRIES) throw error
      await sleep(RETRY_MS)
    }
  }
}

function readPart({ client, shopId, filter, caller }: Reading, after: number | undefined): Promise<HistoryPart> {
  return client.call(feed, { shop_id: shopId }, "read", after === undefined ? {} : { after, ...filter }, caller)
}

function queryOf(req: Request): z.infer<typeof Query> {
  const parsed = Query.safeParse(req.query)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.map(({ path, message }) => ({ parameter: path.join("."), detail: message }))
  throw new HttpProblem(422, "The query cannot be used", errors)
}
