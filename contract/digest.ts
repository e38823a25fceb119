import { z } from "zod"
import type { Basket } from "./basket.ts"
import type { ShownEvent } from "./publish-event.ts"

/** How many of a feed's newest events its digest covers. */
export const DIGEST_EVENTS = 50

/** Least time between two digests of a shop, in ms. After a change the next one follows within this time. */
export const DIGEST_INTERVAL_MS = 5000

/** What the clients of a shop show if all is well, as digests, so that each can compare its own copies. */
export const Digest = z.object({
  /** Sequence of the last record of the log that these digests include; 0 when there is none. */
  seq: z.int(),
  /** When they were made. */
  at: z.iso.datetime(),
  /** `feedDigest` of the feed up to `seq`; null while nobody looks at the feed. */
  feed: z.string().nullable(),
  /**
   * The open baskets, in the order of the list: session ID, and `basketDigest` of what the basket's watchers were last sent, or null if
   * it has none. Null while nobody looks at the list.
   */
  baskets: z
    .array(z.tuple([z.string(), z.string().nullable()]))
    .readonly()
    .nullable(),
})
export type Digest = Readonly<z.infer<typeof Digest>>

/** A copy that a client found to be another than the service's. `basket`: one or more of the open baskets. */
export const CopyKind = z.enum(["feed", "baskets", "basket"])
export type CopyKind = z.infer<typeof CopyKind>

/** The digest of the newest `DIGEST_EVENTS` events of a feed up to a sequence. @param feed newest first */
export function feedDigest(feed: readonly ShownEvent[], seq: number): string {
  return digestOf(feed.filter((event) => event.seq <= seq).slice(0, DIGEST_EVENTS))
}

/** The digest of a basket. Annotations do not count: other programs make them. */
export function basketDigest({ annotations: _, ...basket }: Basket): string {
  return digestOf(basket)
}

/** 53 bits of a hash of a JSON value, as text. The order of members does not count. It finds faults, not forgeries. */
export function digestOf(value: unknown): string {
  return hash53(sortedJson(value)).toString(36)
}

/** A value as JSON, with the members of each object in the order of their names. */
function sortedJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(sortedJson).join()}]`
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${sortedJson(member)}`).join()}}`
}

/** cyrb53: fast without the browser's `crypto.subtle`, which is asynchronous and missing on pages without TLS. */
function hash53(text: string): number {
  let [a, b] = [0xdeadbeef, 0x41c6ce57]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 2654435761)
    b = Math.imul(b ^ unit, 1597334677)
  }
  const mixedA = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  const mixedB = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(mixedA ^ (mixedA >>> 13), 3266489909)
  return 2 ** 32 * (mixedB & 0x1fffff) + (mixedA >>> 0)
}
