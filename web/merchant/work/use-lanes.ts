import { type Basket, type Failure, isRefused } from "@shopwire/client"
import { useAbandoned, useBaskets, useOrders, useProfile } from "@shopwire/react"
import { useMemo } from "react"
import { useNow } from "../parts/use-now.ts"
import { useThrottled } from "../parts/use-throttled.ts"
import { type Groups, groupsOf } from "./groups.ts"
import { type LaneName, lanesOf, type Thresholds } from "./lanes.ts"

/** How often the lanes change at most, in ms: in a busy shop some basket changes in each frame. */
const SHOWN_MS = 100

/** Until the shop's thresholds are known. */
const unknown: Thresholds = { cold_after_s: Number.POSITIVE_INFINITY, abandoned_after_s: Number.POSITIVE_INFINITY }

/** A shop's baskets by lane, live. */
export interface Lanes {
  readonly lanes: Readonly<Record<LaneName, readonly Basket[]>>
  /** The groups among all of them, whatever their lanes. */
  readonly groups: Groups
  readonly thresholds: Thresholds
  readonly isLoading: boolean
  /** Why nothing can be shown. */
  readonly failure: Failure | undefined
  /** The listed open baskets; undefined until they are known. */
  readonly open: readonly Basket[] | undefined
  /** Those and the abandoned ones; undefined until all is known, the thresholds too. */
  readonly unfinished: readonly Basket[] | undefined
}

export function useLanes(shopId: string): Lanes {
  const [openNow, ordersNow, abandonedNow] = [useBaskets(shopId), useOrders(shopId), useAbandoned(shopId)]
  const listsNow = useMemo(() => [openNow, ordersNow, abandonedNow], [openNow, ordersNow, abandonedNow])
  const lists = useThrottled(listsNow, SHOWN_MS)
  const profile = useProfile(shopId).data
  const thresholds = profile ?? unknown
  const now = useNow()
  const [open, orders, abandoned] = lists.map(({ data }) => data)
  const lanes = useMemo(
    () => lanesOf([...(open ?? []), ...(orders ?? []), ...(abandoned ?? [])], thresholds, now),
    [open, orders, abandoned, thresholds, now],
  )
  const groups = useMemo(
    () => groupsOf([...(open ?? []), ...(orders ?? []), ...(abandoned ?? [])]),
    [open, orders, abandoned],
  )
  const unfinished = useMemo(
    () =>
      open === undefined || abandoned === undefined || profile === undefined ? undefined : [...open, ...abandoned],
    [open, abandoned, profile],
  )
  const failed = lists.find(
    ({ status, data, failure }) => status === "failed" && (data === undefined || isRefused(failure)),
  )
  const failure = failed?.failure
  const isLoading = lists.some(({ status }) => status === "loading")
  return useMemo(
    () => ({ lanes, groups, thresholds, isLoading, failure, open, unfinished }),
    [lanes, groups, thresholds, isLoading, failure, open, unfinished],
  )
}
