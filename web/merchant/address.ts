import { Observable } from "@shopwire/client"
import { useSyncExternalStore } from "react"
import { type Address, changedSearch, readAddress } from "./address-query.ts"

const place = new Observable<Address>(readAddress(location.search))

addEventListener("popstate", () => place.set(readAddress(location.search)))

/** What the page's address names. */
export function usePlace(): Address {
  return useSyncExternalStore(place.subscribe, place.get)
}

/** Goes to another address; Back leads away from it again. */
export function goTo(change: Partial<Address>): void {
  history.pushState(null, "", urlWith(change))
  place.set(readAddress(location.search))
}

/** Changes the present address without a new history entry. */
export function setAddress(change: Partial<Address>): void {
  history.replaceState(null, "", urlWith(change))
  place.set(readAddress(location.search))
}

/** Opens a basket; Back closes it. */
export function openBasket(sessionId: string): void {
  // So that closing it is the same as Back; a link to a basket has nothing to go back to.
  history.pushState({ opened: true }, "", urlWith({ basket: sessionId }))
  place.set(readAddress(location.search))
}

export function closeBasket(): void {
  if (place.get().basket === "") return
  const { opened } = (history.state ?? {}) as { readonly opened?: unknown }
  if (opened !== true) {
    setAddress({ basket: "" })
    return
  }
  // At once, so that a second call does not lead away from the page.
  place.set({ ...place.get(), basket: "" })
  history.back()
}

function urlWith(change: Partial<Address>): string {
  return changedSearch(location.search, change) || location.pathname
}
