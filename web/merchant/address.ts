import { useSyncExternalStore } from "react"
import { Observable } from "../hooks/observable.ts"

/** What the page's address says, in its query; empty: nothing. */
export interface Address {
  readonly shop: string
  /** Session ID of the basket that is open. */
  readonly basket: string
  /** The filters of the events; `session` is that by basket. */
  readonly action: string
  readonly category: string
  readonly session: string
}

const names = ["shop", "basket", "action", "category", "session"] as const

const address = new Observable<Address>(read())

addEventListener("popstate", () => address.set(read()))

export function useAddress(): Address {
  return useSyncExternalStore(address.subscribe, address.get)
}

/** Goes to a place that Back leads away from again. */
export function goTo(change: Partial<Address>): void {
  history.pushState({ canGoBack: true }, "", urlWith(change))
  address.set(read())
}

/** Changes the address of the place where the page is. */
export function setAddress(change: Partial<Address>): void {
  history.replaceState(history.state, "", urlWith(change))
  address.set(read())
}

/** Leaves a place that `goTo` led to; one that was opened by its address loses what `change` takes away. */
export function goBack(change: Partial<Address>): void {
  if ((history.state as { canGoBack?: true } | null)?.canGoBack) history.back()
  else setAddress(change)
}

function read(): Address {
  const query = new URLSearchParams(location.search)
  return Object.fromEntries(names.map((name) => [name, query.get(name) ?? ""])) as unknown as Address
}

function urlWith(change: Partial<Address>): string {
  const query = new URLSearchParams(location.search)
  for (const [name, value] of Object.entries(change)) {
    if (value === "") query.delete(name)
    else query.set(name, value)
  }
  return query.size === 0 ? location.pathname : `?${query}`
}
