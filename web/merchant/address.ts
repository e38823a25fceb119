import { Observable } from "@shopwire/client"
import { useSyncExternalStore } from "react"

/** The view that the page's address names in its query; empty values name nothing. */
export interface Address {
  readonly shop: string
  /** The filters of the events; `session` filters by basket. */
  readonly action: string
  readonly category: string
  readonly session: string
}

/** The page's address, and the session ID of the open basket. A reload closes the basket. */
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

/** Changes the present address without a new history entry, and closes an open basket. */
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
