import { useSyncExternalStore } from "react"
import { Observable } from "../hooks/observable.ts"

/** What the page's address says, in its query; empty: nothing. */
export interface Address {
  readonly shop: string
  /** The filters of the events; `session` is that by basket. */
  readonly action: string
  readonly category: string
  readonly session: string
}

/** Where the page is: its address, and the session ID of the basket that is open, which a reload closes. */
export interface Place extends Address {
  readonly basket: string
}

const names = ["shop", "action", "category", "session"] as const

if (openedBasket() !== "") history.replaceState(null, "")
const place = new Observable<Place>(read())

addEventListener("popstate", () => place.set(read()))

export function usePlace(): Place {
  return useSyncExternalStore(place.subscribe, place.get)
}

/** Goes to another address; Back leads away from it again. */
export function goTo(change: Partial<Address>): void {
  history.pushState(null, "", urlWith(change))
  place.set(read())
}

/** Changes the address of the place where the page is; a basket that is open there is closed. */
export function setAddress(change: Partial<Address>): void {
  history.replaceState(null, "", urlWith(change))
  place.set(read())
}

/** Opens a basket; Back closes it. */
export function openBasket(sessionId: string): void {
  history.pushState({ basket: sessionId }, "")
  place.set(read())
}

export function closeBasket(): void {
  if (place.get().basket === "") return
  // At once, so that a second call does not lead away from the page.
  place.set({ ...place.get(), basket: "" })
  history.back()
}

function read(): Place {
  const query = new URLSearchParams(location.search)
  const [shop = "", action = "", category = "", session = ""] = names.map((name) => query.get(name) ?? "")
  return { shop, action, category, session, basket: openedBasket() }
}

function openedBasket(): string {
  const { basket } = (history.state ?? {}) as { readonly basket?: unknown }
  return typeof basket === "string" ? basket : ""
}

function urlWith(change: Partial<Address>): string {
  const query = new URLSearchParams(location.search)
  for (const [name, value] of Object.entries(change)) {
    if (value === "") query.delete(name)
    else query.set(name, value)
  }
  return query.size === 0 ? location.pathname : `?${query}`
}
