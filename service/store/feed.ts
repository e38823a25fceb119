import { collection, dataValue, method, query, ResError } from "res-service"
import { PageQuery, ReadParams } from "../../contract/history.ts"
import { LaxEvent } from "../../contract/lax-event.ts"
import { publishParams } from "../../contract/publication.ts"
import { isShopId, PublishEvent } from "../../contract/publish-event.ts"
import type { Guard } from "../auth/guard.ts"
import type { Log } from "../log/log.ts"
import type { Feeds } from "./feeds.ts"
import type { History } from "./history.ts"
import { publish } from "./publish.ts"

const FEED = "store.$shop_id.feed"

/** A slow read of the log must not be cut off by the gateway's usual 3 s. */
const GET_TIMEOUT_MS = 10_000

/** Time that the publisher of an event waits until its watchers were sent it, in ms. */
const SHOWN_TIMEOUT_MS = 1000

export interface FeedSources {
  readonly guard: Guard
  readonly feeds: Feeds
  readonly history: History
  readonly log: Log
  /** Whether `publish` takes events only as `PublishEvent` has them. */
  readonly strictEvents: boolean
  /** Resolves when the event `seq` was sent to those who watch the shop's feed, or after a time. */
  shown(shopId: string, seq: number, timeoutMs: number): Promise<void>
}

/**
 * `store.<shop_id>.feed`: collection, newest first, at most 100 data values. `?before=<seq>&limit=<n>`: an older page, from the
 * archive too, if there is one; narrowed by `from`, `to`, `session_id`, `category_id`. It has no events, for history does not
 * change, and may be shorter than `limit` (it is capped at 768 KiB, and in how much is looked through): the end is reached
 * with an empty one.
 *
 * access  get, calls: as the policy says (service/auth/policy.ts)
 * get     data values holding a ShownEvent: [{ data: { action: "ADD", ..., seq: 7, received_at: "2026-..." } }]
 * call    publish(PublishEvent) -> { seq } · publish(PublishEvent[]) -> { seqs }, all or none ·
 *         publish({ events, idempotency_key }) -> the same, once in 10 minutes for the same key ·
 *         read({ after, limit, ...filter }) -> a HistoryPart, { events, after, end }: oldest first, at most 500 events and 768 KiB
 * errors  system.notFound (no shop ID) · system.invalidQuery (`before` missing, or beyond the log's end) ·
 *         store.searchTooLong, data { before }: nothing was found so far, go on from there ·
 *         publish: system.invalidParams, store.shopMismatch, store.eventTooLarge, store.tooManyEvents,
 *         store.idempotencyConflict, system.accessDenied, auth.invalidToken, system.serviceUnavailable ·
 *         read: system.invalidParams, store.unknownSequence (`after` is beyond the log's end), and the last three of these
 * events  add { idx: 0, value }; before it remove { idx: 99 } once the feed is full
 * source  RES-Service protocol 1.2.3, "Collection add event"; design.md, "RES resources"
 */
export function feed({ guard, feeds, history, log, strictEvents, shown }: FeedSources) {
  return collection(FEED, {
    owns: ({ shop_id }) => isShopId(shop_id),
    mode: { access: "free" },
    timeoutMs: GET_TIMEOUT_MS,
    checkCalls: true,
    access: guard.access(FEED),
    get: async (req) => (await feeds.get(req.parts.shop_id)).map(dataValue),
    query: query(PageQuery, async (req, page) => {
      const end = await history.end()
      if (page.before > end) {
        const errors = [{ path: ["before"], message: `expected at most ${end}, the log's last sequence` }]
        throw new ResError("system.invalidQuery", undefined, { errors })
      }
      return (await history.older(req.parts.shop_id, page)).map(dataValue)
    }),
    call: {
      // Beside the queue: the log puts publications in order, and one slow disk write must not hold up the next.
      publish: method(
        publishParams(strictEvents ? PublishEvent : LaxEvent),
        async (req, publication) => {
          const shopperIds = publication.events.map(({ shopper_id }) => shopper_id)
          const claims = await guard.check(FEED, "publish", req, { shopperIds })
          const published = await publish(log, req.parts.shop_id, publication, claims?.user)
          const last = "seq" in published ? published.seq : Math.max(...published.seqs)
          await shown(req.parts.shop_id, last, SHOWN_TIMEOUT_MS)
          return published
        },
        { mode: "free" },
      ),
      read: method(
        ReadParams,
        async (req, params) => {
          await guard.check(FEED, "read", req)
          return await history.read(req.parts.shop_id, params)
        },
        { mode: "free" },
      ),
    },
  })
}
