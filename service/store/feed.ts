import { dataValue, handle, ResError } from "res-service"
import { publishParams } from "../../contract/publication.ts"
import { PublishEvent } from "../../contract/publish-event.ts"
import { feed } from "../../contract/store.ts"
import type { Guard } from "../auth/guard.ts"
import type { Log } from "../log/log.ts"
import { originOf } from "../log/origin.ts"
import type { Feeds } from "./feeds.ts"
import type { History } from "./history.ts"
import { publish } from "./publish.ts"
import type { SessionLinks } from "./session-links.ts"

/** A slow read of the log may take longer than the gateway's usual 3 s. */
const GET_TIMEOUT_MS = 10_000

/** How long the publisher of an event waits until its watchers were sent the event, in ms. */
const SHOWN_TIMEOUT_MS = 1000

export interface FeedSources {
  readonly guard: Guard
  readonly feeds: Feeds
  readonly history: History
  readonly log: Log
  /** Whether `publish` only takes events that match `PublishEvent`. */
  readonly strictEvents: boolean
  /** Resolves when the event `seq` was sent to the watchers of the shop's feed, or after `timeoutMs`. */
  shown(shopId: string, seq: number, timeoutMs: number): Promise<void>
  readonly links: SessionLinks
}

/** Serves `feed`; access as the policy says. */
export function feedResource({ guard, feeds, history, log, strictEvents, shown, links }: FeedSources) {
  return handle(feed, {
    mode: { access: "free" },
    anywhere: ["access", "publish"],
    timeoutMs: GET_TIMEOUT_MS,
    checkCalls: true,
    access: guard.access(feed),
    get: async (req) => (await feeds.get(req.parts.shop_id, (waitMs) => req.extendTimeout(waitMs))).map(dataValue),
    query: async (req, page) => {
      const end = await history.end()
      if (page.before > end) {
        const errors = [{ path: ["before"], message: `expected at most ${end}, the log's last sequence` }]
        throw new ResError("system.invalidQuery", undefined, { errors })
      }
      return (await history.older(req.parts.shop_id, page)).map(dataValue)
    },
    call: {
      publish: {
        // Outside the queue: the log orders publications, and a slow disk write must not hold up the next one.
        mode: "free",
        ...(strictEvents ? { params: publishParams(PublishEvent) } : {}),
        handle: async (req, publication) => {
          const shopperIds = publication.events.map(({ shopper_id }) => shopper_id)
          const claims = await guard.check(feed, "publish", req, { shopperIds })
          const published = await publish(log, req.parts.shop_id, publication, {
            caller: claims?.user,
            origin: originOf(req),
          })
          const last = "seq" in published ? published.seq : Math.max(...published.seqs)
          await shown(req.parts.shop_id, last, SHOWN_TIMEOUT_MS)
          const shared = links.make(req.parts.shop_id, publication, last)
          return shared === undefined ? published : { ...published, shared }
        },
      },
      read: {
        mode: "free",
        handle: async (req, params) => {
          await guard.check(feed, "read", req)
          return await history.read(req.parts.shop_id, params)
        },
      },
    },
  })
}
