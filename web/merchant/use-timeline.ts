import { useEffect, useMemo, useRef, useSyncExternalStore } from "react"
import type { EventsIn } from "res-service/contract"
import type { ResCollection } from "resclient"
import type { ShownEvent } from "../../contract/publish-event.ts"
import * as contract from "../../contract/store.ts"
import { useCollection, useConnection } from "../hooks/hooks.tsx"
import type { Watched } from "../hooks/watch.ts"
import { Timeline, type TimelineState } from "./timeline.ts"

/** A shop's feed, and all events that were seen or scrolled back to. */
export function useTimeline(shopId: string): {
  readonly feed: Watched<readonly ShownEvent[]>
  readonly timeline: TimelineState
  readonly older: () => void
} {
  const connection = useConnection()
  const rid = contract.feed.name({ shop_id: shopId })
  const feed = useCollection(contract.feed, { shop_id: shopId })
  const timeline = useMemo(
    () =>
      new Timeline(async (before, limit) => {
        const query = { before: String(before), limit: String(limit) }
        const page = await connection.ask((client) => client.get(contract.feed.rid({ shop_id: shopId }, query)))
        return [...(page as ResCollection)] as ShownEvent[]
      }),
    [connection, shopId],
  )
  useEffect(() => {
    timeline.start()
    return () => timeline.stop()
  }, [timeline])

  const followed = useRef(false)
  useEffect(() => {
    if (feed.status === "live") timeline.follow(feed.data, !followed.current)
    followed.current = feed.status === "live"
  }, [feed, timeline])

  const live = feed.status === "live"
  useEffect(() => {
    if (!live) return
    const forget = ({ seqs }: EventsIn<typeof contract.feed>["erased"]): void => timeline.forget(seqs)
    let leave = (): void => {}
    let left = false
    // It is subscribed to already.
    const found = connection.ask((client) => client.get(rid))
    found.then(
      (resource) => {
        if (left) return
        resource.on("erased", forget)
        leave = () => resource.off("erased", forget)
      },
      () => {}, // lost again: repeated after the next reconnect
    )
    return () => {
      left = true
      leave()
    }
  }, [live, connection, rid, timeline])

  return {
    feed,
    timeline: useSyncExternalStore(timeline.state.subscribe, timeline.state.get),
    older: () => void timeline.older(),
  }
}
