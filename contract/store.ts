import { defineCollection, defineModel, referenceTo } from "res-service/contract"
import { z } from "zod"
import { Annotations } from "./annotations.ts"
import { Basket } from "./basket.ts"
import type { BasketTask } from "./basket-work.ts"
import { Day, DaysQuery, ShopDate } from "./day.ts"
import { CopyKind, Digest } from "./digest.ts"
import { errorCodes } from "./errors.ts"
import { HistoryPart, PageQuery, ReadParams } from "./history.ts"
import { LaxEvent } from "./lax-event.ts"
import { Profile, ProfilePatch } from "./profile.ts"
import { Published, publishParams } from "./publication.ts"
import { BasketId, ShopId, ShownEvent } from "./publish-event.ts"
import { Stats } from "./stats.ts"
import { Watcher, WatchParams } from "./watcher.ts"

const refused = ["system.accessDenied", "auth.invalidToken", "system.serviceUnavailable"] as const

/** A sequence as it stands in a name. */
const Seq = z.string().regex(/^[1-9]\d{0,14}$/)

/**
 * `store.<shop_id>.feed`: the newest events of a shop, newest first, at most `FEED_LIMIT`. With a query an older page, from the
 * archive too, if there is one. A page may be shorter than `limit` (it is capped at 768 KiB, and in how much is searched): an empty
 * page is the last one.
 *
 * get     errors: system.invalidQuery (`before` missing, or beyond the log's end); store.searchTooLong, data { before }: nothing was
 *         found so far, go on from there
 * call    publish(PublishEvent) -> { seq } · publish(PublishEvent[]) -> { seqs }, all or none ·
 *         publish({ events, idempotency_key }) -> the same, once in 10 minutes for the same key ·
 *         publish({ events, producer: { id, epoch, seq } }) -> the same with producer: { repeated, missing }, once for the life of
 *         the log: see docs/producers.md ·
 *         read({ after, limit, ...filter }) -> { events, after, end, log }, a part of the history: at most 500 events and 768 KiB
 * events  remove { idx: 99 } once the feed is full, then add { idx: 0, value } · erased { seqs }: events that are gone for good.
 *         A page has no events, for history does not change.
 * source  RES-Service protocol 1.2.3, "Collection add event"; design.md, "RES resources"
 */
export const feed = defineCollection("store.$shop_id.feed", {
  parts: { shop_id: ShopId },
  value: ShownEvent,
  query: PageQuery,
  errors: errorCodes("system.invalidQuery", "store.searchTooLong", "system.serviceUnavailable"),
  calls: {
    publish: {
      params: publishParams(LaxEvent),
      answer: Published,
      errors: errorCodes(
        "system.invalidParams",
        "store.shopMismatch",
        "store.eventTooLarge",
        "store.tooManyEvents",
        "store.idempotencyConflict",
        "store.producerFenced",
        "store.producerConflict",
        "store.producerGaps",
        ...refused,
      ),
    },
    read: {
      params: ReadParams,
      answer: HistoryPart,
      errors: errorCodes("system.invalidParams", "store.unknownSequence", ...refused),
    },
  },
  events: { erased: z.object({ seqs: z.array(z.int()).readonly() }) },
})

/**
 * `store.<shop_id>.event.<seq>`: one event of that shop; with `annotations` while others have annotated it in the archive.
 *
 * events  change { annotations }
 */
export const event = defineModel("store.$shop_id.event.$seq", {
  parts: { shop_id: ShopId, seq: Seq },
  value: ShownEvent.extend({ annotations: Annotations.optional() }),
  errors: errorCodes("system.serviceUnavailable"),
})

/** A call by which the staff works on a basket. */
const basketCall = {
  params: z.object({ by: z.unknown() }, "expected an object").optional(),
  answer: z.object({ seq: z.int() }),
  errors: errorCodes("system.notFound", "system.invalidParams", ...refused),
}

/**
 * `store.<shop_id>.basket.<session_id>`: what the events of one session have made of its basket. See docs/baskets.md.
 *
 * get     errors: system.notFound (no such basket, or not touched for a day), system.timeout (see `shopQueue`)
 * call    acknowledge({ by }) -> { seq }: claims the basket, the last claim counts · release({ by }): ends the claim, whoever has it ·
 *         complete({ by }): the work on it is done · reopen({ by }): it is not done after all. `by` = a display name of 1 to 100
 *         characters; a caller who is known by a token is named by the token, and `by` is ignored
 * events  change, at most ten times a second · delete, when the shop has more baskets than are kept
 */
export const basket = defineModel("store.$shop_id.basket.$session_id", {
  parts: { shop_id: ShopId, session_id: BasketId },
  value: Basket,
  errors: errorCodes("system.timeout", "system.serviceUnavailable"),
  calls: {
    acknowledge: basketCall,
    release: basketCall,
    complete: basketCall,
    reopen: basketCall,
  } satisfies Record<BasketTask, typeof basketCall>,
})

/**
 * `store.<shop_id>.baskets`: the open baskets, at most `LIST_LIMIT`, the latest activity first. A basket that is new, or comes back
 * after it was closed, goes to the front; others keep their place.
 *
 * events  add, remove; at most ten times a second, together then
 */
export const baskets = defineCollection("store.$shop_id.baskets", {
  parts: { shop_id: ShopId },
  value: referenceTo(basket),
  errors: errorCodes("system.timeout", "system.serviceUnavailable"),
})

/**
 * `store.<shop_id>.orders`: the baskets that are checked out, at most `LIST_LIMIT`, the latest checkout first. A basket whose session
 * goes on shopping is open again, and leaves it.
 *
 * events  add, remove; as those of `baskets`
 */
export const orders = defineCollection("store.$shop_id.orders", {
  parts: { shop_id: ShopId },
  value: referenceTo(basket),
  errors: errorCodes("system.timeout", "system.serviceUnavailable"),
})

/**
 * `store.<shop_id>.abandoned`: the baskets that are idle, at most `LIST_LIMIT`, the latest activity first.
 *
 * events  add, remove; as those of `baskets`
 */
export const abandoned = defineCollection("store.$shop_id.abandoned", {
  parts: { shop_id: ShopId },
  value: referenceTo(basket),
  errors: errorCodes("system.timeout", "system.serviceUnavailable"),
})

/**
 * `store.<shop_id>.stats`: a shop's figures.
 *
 * events  change, at most once a second; an answer to a get is at most as old
 */
export const stats = defineModel("store.$shop_id.stats", {
  parts: { shop_id: ShopId },
  value: Stats,
  errors: errorCodes("system.timeout", "system.serviceUnavailable"),
})

/**
 * `store.<shop_id>.profile`: what a shop says of itself: name, currency, time zone, opening hours. See docs/profile.md. A shop that has set
 * nothing has the defaults, with `set: false`.
 *
 * call    set(ProfilePatch) -> the profile; fields that are left out stay as they are, null is the default
 * events  change
 */
export const profile = defineModel("store.$shop_id.profile", {
  parts: { shop_id: ShopId },
  value: Profile,
  errors: errorCodes("system.serviceUnavailable"),
  calls: {
    set: { params: ProfilePatch, answer: Profile, errors: errorCodes("system.invalidParams", ...refused) },
  },
})

/**
 * `store.<shop_id>.digest`: digests of what clients show, by which each can find out that its own copy is wrong. See docs/baskets.md.
 *
 * call    report({ what, seq }): a copy was not as the digest of `seq` says. It is counted and logged, and gateways fetch the resource
 *         again, at most once a minute
 * events  change, at most every `DIGEST_INTERVAL_MS`, if something has changed
 */
export const digest = defineModel("store.$shop_id.digest", {
  parts: { shop_id: ShopId },
  value: Digest,
  errors: errorCodes("system.timeout", "system.serviceUnavailable"),
  calls: {
    report: {
      params: z.object({ what: CopyKind, seq: z.int().min(0) }, "expected an object"),
      errors: errorCodes("system.invalidParams", ...refused),
    },
  },
})

/**
 * `store.<shop_id>.day.<YYYY-MM-DD>`: the figures of one calendar day of a shop, from midnight to midnight in its time zone. A day on which
 * nothing happened has zeros. See docs/days.md.
 *
 * get     errors: system.timeout (see `dayQueue`)
 * events  change, at most once a second; an answer to a get is at most as old
 */
export const day = defineModel("store.$shop_id.day.$date", {
  parts: { shop_id: ShopId, date: ShopDate },
  value: Day,
  errors: errorCodes("system.timeout", "system.serviceUnavailable"),
})

/**
 * `store.<shop_id>.days`: today, as the only day. With `?from=YYYY-MM-DD&to=YYYY-MM-DD` each day of these dates, both included, in order of
 * time, at most `MAX_DAYS`.
 *
 * get     errors: system.invalidQuery (no dates, in the wrong order, or too many), system.timeout
 * events  remove, add at midnight. A list of dates has none: its days change themselves
 */
export const days = defineCollection("store.$shop_id.days", {
  parts: { shop_id: ShopId },
  value: referenceTo(day),
  query: DaysQuery,
  errors: errorCodes("system.invalidQuery", "system.timeout", "system.serviceUnavailable"),
})

/**
 * `store.<shop_id>.watchers`: the screens on which somebody looks at the shop, in the order of coming, at most 50. See docs/merchant.md.
 *
 * call    watch({ name, idle }) -> { id }: the caller's screen looks at the shop; call it every 5 s. It ends with the connection, or after
 *         15 s without a call, 90 s for an idle screen. A caller who is known by a token is named by the token, and `name` is ignored
 * events  add, remove; a screen that has changed is removed and added in its place
 */
export const watchers = defineCollection("store.$shop_id.watchers", {
  parts: { shop_id: ShopId },
  value: Watcher,
  errors: errorCodes("system.serviceUnavailable"),
  calls: {
    watch: {
      params: WatchParams,
      answer: z.object({ id: z.string() }),
      errors: errorCodes("system.invalidParams", "system.invalidRequest", ...refused),
    },
  },
})
