import { useAuth } from "@shopwire/react"
import { useEffect } from "react"
import { goTo, usePlace } from "../address.ts"
import { emptyAddress } from "../address-query.ts"
import { type Kept, readLocal, useLocal, writeLocal } from "../parts/local.ts"

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
/** The shop in a link to this page. */
const IN_LINK = /[?&]shop=([^&#]*)/
const MOST_RECENT = 6

/** The shop ID (a UUID version 4) in a typed text, which may be a link to this page; undefined if there is none. */
export function shopIdOf(text: string): string | undefined {
  const id = (IN_LINK.exec(text)?.[1] ?? text).trim().toLowerCase()
  return UUID_V4.test(id) ? id : undefined
}

const keptShops: Kept<readonly string[]> = {
  name: "shops",
  read: (found) =>
    Array.isArray(found)
      ? found.filter((id) => typeof id === "string" && shopIdOf(id) === id).slice(0, MOST_RECENT)
      : [],
}

/** What people call a shop without a name: the first part of its ID. */
export const codeOf = (shopId: string): string => shopId.slice(0, 8)

const keptNames: Kept<Readonly<Record<string, string>>> = {
  name: "shop-names",
  read: (found) =>
    Object.fromEntries(
      Object.entries(typeof found === "object" && found !== null ? found : {}).filter(
        ([, name]) => typeof name === "string",
      ),
    ),
}

/** The last known names of the shops that were opened in this browser, by ID. */
export const useShopNames = (): Readonly<Record<string, string>> => useLocal(keptNames)[0]

/** The shops of this person: those of the sign-in; for an admin and without a sign-in, those opened in this browser. */
export function useKnownShops(): readonly string[] {
  const auth = useAuth()
  const [recent] = useLocal(keptShops)
  if (auth.kind !== "signedIn") return recent
  const { role, shops } = auth.user
  return role === "admin" ? [...new Set([...shops, ...recent])] : shops
}

/** The last known name of a shop that was opened in this browser. */
export const nameOf = (shopId: string): string | undefined => readLocal(keptNames)[shopId]

/** Keeps the name of a shop for the choice of a shop; only of the recent ones. */
export function rememberName(shopId: string, name: string | undefined): void {
  if (nameOf(shopId) === name) return
  const others = Object.entries(readLocal(keptNames)).filter(([id]) => id !== shopId && recentShops().includes(id))
  writeLocal(keptNames, Object.fromEntries(name === undefined ? others : [...others, [shopId, name]]))
}

/** The shops opened in this browser, the last one first. */
export const recentShops = (): readonly string[] => readLocal(keptShops)

/** The shop in the page's address, `?shop=<id>`; undefined without one. An opened shop is remembered. */
export function useShop(): string | undefined {
  const shopId = shopIdOf(usePlace().shop)
  useEffect(() => {
    if (shopId === undefined) return
    writeLocal(keptShops, [shopId, ...recentShops().filter((id) => id !== shopId)].slice(0, MOST_RECENT))
  }, [shopId])
  return shopId
}

/** Goes to a shop, or to the shop picker, without open baskets or filters of another shop. */
export function goToShop(shopId: string | undefined): void {
  goTo({ ...emptyAddress, shop: shopId ?? "" })
}
