import { FEED_LIMIT } from "../../contract/limits.ts"
import type { ShownEvent } from "../../contract/publish-event.ts"

/** What a feed shows: newest first, at most `FEED_LIMIT`. */
export type Feed = readonly ShownEvent[]

/** A change that a subscriber makes to its copy of a feed. */
export type FeedChange =
  | { readonly type: "remove"; readonly index: number }
  | { readonly type: "add"; readonly index: number; readonly event: ShownEvent }

/**
 * The feed after one more event of the log, and the changes that lead to it. Pure, so a replay of the log gives the same feed. An event that
 * is not newer than the feed changes nothing: the feed has it, or it is too old.
 */
export function applyEvent(feed: Feed, event: ShownEvent): { feed: Feed; changes: readonly FeedChange[] } {
  const newest = feed[0]
  if (newest !== undefined && event.seq <= newest.seq) return { feed, changes: [] }
  const add: FeedChange = { type: "add", index: 0, event }
  if (feed.length < FEED_LIMIT) return { feed: [event, ...feed], changes: [add] }
  const index = FEED_LIMIT - 1
  return { feed: [event, ...feed.slice(0, index)], changes: [{ type: "remove", index }, add] }
}
