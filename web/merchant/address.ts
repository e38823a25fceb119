import { Observable } from "@shopwire/client"
import { useSyncExternalStore } from "react"
import { type Address, changedSearch, readAddress } from "./address-query.ts"

const place = new Observable<Address>(readAddress(location.search))

/** Changes of the address that wait until the browser has gone back from a basket. Undefined: it is not going back. */
let afterBack: (() => void)[] | undefined

addEventListener("popstate", () => {
  const changes = afterBack ?? []
  afterBack = undefined
  place.set(readAddress(location.search))
  for (const change of changes) change()
})

/** Changes the address now, or when the browser has gone back: it goes back later than it is asked, and would undo the change. */
function whenBack(change: () => void): void {
  if (afterBack === undefined) change()
  else afterBack.push(change)
}

/** What the page's address names. */
export function usePlace(): Address {
  return useSyncExternalStore(place.subscribe, place.get)
}

/** Goes to another address; Back leads away from it again. */
export function goTo(change: Partial<Address>): void {
  whenBack(() => {
    history.pushState(null, "", urlWith(change))
    place.set(readAddress(location.search))
  })
}

/** Changes the present address without a new history entry. */
export function setAddress(change: Partial<Address>): void {
  whenBack(() => {
    history.replaceState(null, "", urlWith(change))
    place.set(readAddress(location.search))
  })
}

/** Opens a basket; Back closes it. */
export function openBasket(sessionId: string): void {
  whenBack(() => {
    // So that closing it is the same as Back; a link to a basket has nothing to go back to.
    history.pushState({ opened: true }, "", urlWith({ basket: sessionId }))
    place.set(readAddress(location.search))
  })
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
  afterBack = []
  history.back()
}

function urlWith(change: Partial<Address>): string {
  return changedSearch(location.search, change) || location.pathname
}
