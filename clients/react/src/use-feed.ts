import {
  type FeedSearch,
  FeedWatch,
  type HistoryFilter,
  type ShownEvent,
  type TimelineState,
  type Watched,
} from "@shopwire/client"
import { useCallback, useEffect, useMemo } from "react"
import { useConnection } from "./connection-provider.tsx"
import { useObservable } from "./use-observable.ts"

/** A shop's feed, and all events that were seen or asked for, without gaps. */
export interface Feed {
  /** The newest events, at most 100, and whether they are up to date. */
  readonly feed: Watched<readonly ShownEvent[]>
  readonly timeline: TimelineState
  /** Reads the page before the oldest event of the timeline. */
  readonly older: () => void
  /** Starts nothing by itself: for `useSearch`. */
  readonly search: (filter: HistoryFilter) => FeedSearch
}

/** The events that match a filter. */
export interface Search {
  readonly timeline: TimelineState
  /** Searches further back. */
  readonly older: () => void
}

/** Watches a shop's feed while the component is mounted. Missed events are read from older pages and the archive. */
export function useFeed(shopId: string): Feed {
  const connection = useConnection()
  const watch = useMemo(() => new FeedWatch(connection, shopId), [connection, shopId])
  useEffect(() => {
    watch.start()
    return () => watch.stop()
  }, [watch])
  return {
    feed: useObservable(watch.feed),
    timeline: useObservable(watch.timeline),
    older: useCallback(() => void watch.older(), [watch]),
    search: useCallback((filter) => watch.search(filter), [watch]),
  }
}

/**
 * Searches a shop's events while the component is mounted: new ones as they come, older ones by the service.
 *
 * @param filter the same object until it changes
 */
export function useSearch({ search }: Pick<Feed, "search">, filter: HistoryFilter): Search {
  const found = useMemo(() => search(filter), [search, filter])
  useEffect(() => {
    found.start()
    return () => found.stop()
  }, [found])
  return { timeline: useObservable(found.state), older: useCallback(() => void found.older(), [found]) }
}
