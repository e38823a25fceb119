import type { ShownEvent, TimelineState, Watched } from "@shopwire/client"
import { Absent } from "./absent.tsx"
import { Empty } from "./empty.tsx"
import { asDayAndClock } from "./format.ts"

/** The text below the rows, or instead of rows. */
export function FeedEnd({
  feed,
  timeline,
  filtered,
  onOlder,
  onFurther,
}: {
  feed: Watched<readonly ShownEvent[]>
  timeline: TimelineState
  filtered: number
  onOlder: () => void
  /** Undefined if older events load by themselves, or if there are none. */
  onFurther: (() => void) | undefined
}) {
  const { events, reading, failure, missing } = timeline
  if (feed.status === "loading") return <Empty busy>Looking at the shop …</Empty>
  if (feed.status === "failed") return <Absent failure={feed.failure} />
  if (failure !== undefined) {
    return (
      <p className="end" role="status">
        Older events could not be read: {failure.message}.{" "}
        <button type="button" onClick={onOlder}>
          Try again
        </button>
      </p>
    )
  }
  if (missing.size > 0) return <p className="end">Reading what was missed …</p>
  if (reading) return <p className="end">Reading older events …</p>
  if (events.length === 0)
    return <Empty icon="basket">Nothing has happened here yet. Events will appear by themselves.</Empty>
  if (onFurther !== undefined) {
    return (
      <p className="end">
        As far back as {asDayAndClock(events.at(-1)?.received_at ?? 0)}.{" "}
        <button type="button" onClick={onFurther}>
          Look further back
        </button>
      </p>
    )
  }
  if (filtered === 0) return <Empty>No loaded event matches.</Empty>
  return null
}
