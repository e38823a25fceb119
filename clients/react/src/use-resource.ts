import {
  type AnyContract,
  abandoned,
  type Basket,
  basket,
  baskets,
  type CollectionContract,
  type Day,
  type DaysQuery,
  day,
  days,
  type ModelContract,
  orders,
  type PartsOf,
  type Profile,
  profile,
  type QueryOf,
  type SessionMember,
  type SessionStatus,
  type Stats,
  sessionMembers,
  sessionStatus,
  stats,
  type ValueOf,
  type ValuesOf,
  type Watched,
  type WatchedOf,
} from "@shopwire/client"
import { useConnection } from "./connection-provider.tsx"
import { useObservable } from "./use-observable.ts"

/** `suspense: true`: suspends until the resource is loaded, or can't be. */
export interface WatchOptions {
  readonly suspense?: boolean
}

/** What is watched; with `suspense: true` it is never loading. */
export type Shown<T, O extends WatchOptions> = O extends { readonly suspense: true }
  ? Exclude<Watched<T>, { readonly status: "loading" }>
  : Watched<T>

/** Watches a model while the component is mounted. Data values are unwrapped. */
export function useModel<C extends ModelContract, O extends WatchOptions = WatchOptions>(
  contract: C,
  parts: PartsOf<C>,
  options?: O,
): Shown<ValueOf<C>, O> {
  return useResource(contract, parts, options) as Shown<ValueOf<C>, O>
}

/**
 * Watches a collection while the component is mounted, with the members of referenced models, also of those that are added later.
 * Models that can't be loaded are left out and requested again. With a `query`, it watches that query.
 */
export function useCollection<C extends CollectionContract, O extends WatchOptions = WatchOptions>(
  contract: C,
  parts: PartsOf<C>,
  options?: O & { readonly query?: QueryOf<C> | undefined },
): Shown<ValuesOf<C>, O> {
  return useResource(contract, parts, options, options?.query) as Shown<ValuesOf<C>, O>
}

/** A shop's open baskets, the latest activity first, at most 100. */
export function useBaskets(shopId: string): Watched<readonly Basket[]> {
  return useCollection(baskets, { shop_id: shopId })
}

/** A shop's orders: the baskets that are checked out, the latest checkout first, at most 100. */
export function useOrders(shopId: string): Watched<readonly Basket[]> {
  return useCollection(orders, { shop_id: shopId })
}

/** A shop's abandoned baskets: those without activity for a while, the latest activity first, at most 100. */
export function useAbandoned(shopId: string): Watched<readonly Basket[]> {
  return useCollection(abandoned, { shop_id: shopId })
}

/** One basket, open or closed. Fails with `system.notFound` if there is none. */
export function useBasket(shopId: string, sessionId: string): Watched<Basket> {
  return useModel(basket, { shop_id: shopId, session_id: sessionId })
}

/** A shop's figures. */
export function useStats(shopId: string): Watched<Stats> {
  return useModel(stats, { shop_id: shopId })
}

/** The figures of one day of a shop: `date` is `YYYY-MM-DD` in its time zone. */
export function useDay(shopId: string, date: string): Watched<Day> {
  return useModel(day, { shop_id: shopId, date })
}

/** The figures of a shop's days, both dates included, in order of time, at most 92. Without dates: today, and from midnight on the next day. */
export function useDays(shopId: string, dates?: DaysQuery): Watched<readonly Day[]> {
  return useCollection(days, { shop_id: shopId }, { query: dates })
}

/** What a shop says of itself: name, currency, time zone. `useCall(profile, parts, "set")` changes it. */
export function useProfile(shopId: string): Watched<Profile> {
  return useModel(profile, { shop_id: shopId })
}

/** The members of a shared session: who is here, idle or away, on which client, with colour and initials; the host first. */
export function useMembers(sessionId: string): Watched<readonly SessionMember[]> {
  return useCollection(sessionMembers, { id: sessionId })
}

/** What the members of a shared session share: its phase, who pays, the deadline. `useCall(multicart, { id }, "lock")` changes it. */
export function useSessionStatus(sessionId: string): Watched<SessionStatus> {
  return useModel(sessionStatus, { id: sessionId })
}

function useResource<C extends AnyContract>(
  contract: C,
  parts: PartsOf<C>,
  { suspense = false }: WatchOptions = {},
  query?: QueryOf<C>,
): Watched<WatchedOf<C>> {
  // The same one each time: the connection keeps it.
  const watch = useConnection().watches.of(contract, parts, query)
  const shown = useObservable(watch)
  if (suspense && shown.status === "loading") throw isOnServer ? new Error(ON_SERVER) : watch.loaded()
  return shown
}

/** React Native has a `window`, too. */
const isOnServer = typeof window === "undefined"

/** React then sends the fallback of the next `Suspense`, and the page draws again. A promise would keep a stream open for ever. */
const ON_SERVER = "on a server nothing is loaded: a page draws what suspends"
