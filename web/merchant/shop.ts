import { useCallback, useEffect, useState } from "react"
import { type Kept, readLocal, writeLocal } from "./local.ts"

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const MOST_RECENT = 6

/** A shop ID out of what somebody typed; undefined when it is none: a UUID version 4. */
export function shopIdOf(text: string | null): string | undefined {
  const id = (text ?? "").trim().toLowerCase()
  return UUID_V4.test(id) ? id : undefined
}

const keptShops: Kept<readonly string[]> = {
  name: "shops",
  read: (found) =>
    Array.isArray(found)
      ? found.filter((id) => typeof id === "string" && shopIdOf(id) === id).slice(0, MOST_RECENT)
      : [],
}

/** The shops that were opened in this browser, the last one first. */
export const recentShops = (): readonly string[] => readLocal(keptShops)

/** The shop in the page's address, `?shop=<id>`, and how to go to another, or to none. */
export function useShop(): [string | undefined, (shopId: string | undefined) => void] {
  const [shopId, setShopId] = useState(shopInAddress)
  useEffect(() => {
    const onBack = () => setShopId(shopInAddress())
    addEventListener("popstate", onBack)
    return () => removeEventListener("popstate", onBack)
  }, [])
  useEffect(() => {
    if (shopId === undefined) return
    writeLocal(keptShops, [shopId, ...recentShops().filter((id) => id !== shopId)].slice(0, MOST_RECENT))
  }, [shopId])
  const go = useCallback((next: string | undefined) => {
    history.pushState(null, "", next === undefined ? "." : `?shop=${next}`)
    setShopId(next)
  }, [])
  return [shopId, go]
}

function shopInAddress(): string | undefined {
  return shopIdOf(new URLSearchParams(location.search).get("shop"))
}
