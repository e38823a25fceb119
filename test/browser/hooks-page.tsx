import { baskets, Connection, feed } from "@shopwire/client"
import {
  ConnectionProvider,
  type SessionOptions,
  useAbandoned,
  useBaskets,
  useCall,
  useCollection,
  useConnectionState,
  useDays,
  useDigest,
  useFeed,
  useModel,
  useOrders,
  useProfile,
  useSession,
} from "@shopwire/react"
import { StrictMode, Suspense, useState, version } from "react"
import { createRoot } from "react-dom/client"
import { defineCollection, defineModel } from "res-service/contract"
import { z } from "zod"

/** What a test makes the page show: each is a component of its own. */
export interface Shown {
  readonly collections?: readonly string[]
  readonly models?: readonly string[]
  /** Collections whose components suspend. */
  readonly suspending?: readonly string[]
  /** A part in a shared session. */
  readonly session?: SessionOptions
  readonly call?: { readonly rid: string; readonly method: string }
  /** The ID of a shop whose events and baskets are shown and checked. */
  readonly shop?: string
  /** The ID of a shop whose profile and days are shown: today, and those from a date to another. */
  readonly days?: { readonly shopId: string; readonly from: string; readonly to: string }
}

/** What the page shows of a shop's days: dates and orders. */
export interface ShownDays {
  readonly currency: string | null | undefined
  readonly today: readonly (readonly [date: string, orders: number])[] | undefined
  readonly range: readonly (readonly [date: string, orders: number])[] | undefined
}

/** What the page shows of a shop. */
export interface ShownShop {
  readonly products: readonly string[]
  readonly totals: readonly number[]
  readonly orders: number
  readonly abandoned: number
  /** How often copies differed from the service's digest, and the last one. */
  readonly differences: number
  readonly what: string | undefined
  readonly seq: number | undefined
}

export interface HooksPage {
  start(url: string): void
  show(shown: Shown): void
  call(params: unknown): Promise<unknown>
  /** Shows friends another cart. */
  setCart(cart: object): void
  /** Changes the client's copy of a shop's newest event, or of its first basket, behind the client's back. */
  tamper(shopId: string, what: "feed" | "basket"): Promise<void>
  readonly renders: number
  readonly reactVersion: string
  /** What was shown of the shop until now, one after the other. */
  readonly shops: readonly ShownShop[]
}

declare global {
  interface Window {
    hooksPage: HooksPage
  }
}

let setShown: (shown: Shown) => void = () => {}
let callNow: (params: unknown) => Promise<unknown> = () => Promise.reject(new Error("no call is shown"))
let setCart: (cart: object) => void = () => {}
let renders = 0
const shops: ShownShop[] = []
let connection: Connection | undefined

function Collection({ rid }: { rid: string }) {
  renders++
  const contract = defineCollection(rid, { value: z.unknown() })
  return <pre className="resource">{JSON.stringify(useCollection(contract, {}))}</pre>
}

function Suspending({ rid }: { rid: string }) {
  const contract = defineCollection(rid, { value: z.unknown() })
  return <pre className="resource">{JSON.stringify(useCollection(contract, {}, { suspense: true }))}</pre>
}

function Model({ rid }: { rid: string }) {
  return <pre className="resource">{JSON.stringify(useModel(defineModel(rid, { value: z.unknown() }), {}))}</pre>
}

function Session({ options }: { options: SessionOptions }) {
  const { state, session } = useSession(options)
  setCart = (cart) => session?.setCart(cart)
  return <pre id="session">{JSON.stringify(state ?? null)}</pre>
}

function Call({ rid, method }: { rid: string; method: string }) {
  const { call, ...state } = useCall(defineModel(rid, { calls: { [method]: { params: z.unknown() } } }), {}, method)
  callNow = call
  return <pre id="call">{JSON.stringify(state)}</pre>
}

function Shop({ shopId }: { shopId: string }) {
  const { timeline } = useFeed(shopId)
  const { digest, differences } = useDigest(shopId)
  const shop: ShownShop = {
    products: timeline.events.map(({ product_name }) => product_name),
    totals: useBaskets(shopId).data?.map(({ total }) => total) ?? [],
    orders: useOrders(shopId).data?.length ?? 0,
    abandoned: useAbandoned(shopId).data?.length ?? 0,
    differences: differences.count,
    what: differences.last?.what,
    seq: digest.data?.seq,
  }
  shops.push(shop)
  return <pre id="shop">{JSON.stringify(shop)}</pre>
}

function Days({ shopId, from, to }: NonNullable<Shown["days"]>) {
  const days: ShownDays = {
    currency: useProfile(shopId).data?.currency,
    today: useDays(shopId).data?.map(({ date, orders }) => [date, orders]),
    range: useDays(shopId, { from, to }).data?.map(({ date, orders }) => [date, orders]),
  }
  return <pre id="days">{JSON.stringify(days)}</pre>
}

async function tamper(shopId: string, what: "feed" | "basket"): Promise<void> {
  if (connection === undefined) throw new Error("the page is not started")
  const { client } = connection
  const list = await client.get((what === "feed" ? feed : baskets).name({ shop_id: shopId }))
  if (!("list" in list)) throw new Error("no collection")
  const [first] = list.list
  if (what === "feed") Object.assign(first as object, { product_name: "Tampered" })
  else Object.assign((first as { readonly props: object }).props, { total: 999 })
}

function Page() {
  const [shown, set] = useState<Shown>({})
  setShown = set
  const { collections = [], models = [], suspending = [], session, call, shop, days } = shown
  return (
    <>
      <pre id="state">{useConnectionState().kind}</pre>
      {collections.map((rid, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same resource may be shown twice
        <Collection key={`${i} ${rid}`} rid={rid} />
      ))}
      {models.map((rid) => (
        <Model key={rid} rid={rid} />
      ))}
      {suspending.map((rid) => (
        <Suspense key={rid} fallback={<p className="waiting" />}>
          <Suspending rid={rid} />
        </Suspense>
      ))}
      {session !== undefined && <Session options={session} />}
      {call !== undefined && <Call {...call} />}
      {shop !== undefined && <Shop shopId={shop} />}
      {days !== undefined && <Days {...days} />}
    </>
  )
}

window.hooksPage = {
  start: (url) => {
    connection = new Connection(url)
    const root = document.body.appendChild(document.createElement("div"))
    createRoot(root).render(
      <StrictMode>
        <ConnectionProvider connection={connection}>
          <Page />
        </ConnectionProvider>
      </StrictMode>,
    )
  },
  show: (shown) => setShown(shown),
  call: (params) => callNow(params),
  setCart: (cart) => setCart(cart),
  tamper,
  reactVersion: version,
  shops,
  get renders() {
    return renders
  },
}
