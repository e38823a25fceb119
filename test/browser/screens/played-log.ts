import type { LogRecord } from "../../../service/log/entry.ts"
import type { DemoShop } from "../../../tools/demo/catalogue.ts"
import { Random } from "../../../tools/demo/random.ts"
import { ShopperMarks } from "../../../web/merchant/people/shopper-marks.ts"

/** What the clock of all pictures shows: a Thursday, 14:03:20 in Berlin. */
export const NOW = Date.UTC(2026, 10, 26, 13, 3, 20)

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** The shop is open from 8 to 20 in Berlin, in hours of UTC. */
const [OPENS, CLOSES] = [7, 19]
/** Today and the days that it is compared with. */
const DAYS = 15
const SHOPPERS = 24
/** A shop in which some friends shop together; with this seed two of them check out. */
export const FRIENDS_SHOP = "8d2f4a1c-6b3e-4f70-9c58-1e7a2b9d4c63"
const FRIENDS = 3
const FRIENDS_SEED = 4

/** A record of the log, before it has a sequence. */
type Draft = { readonly at: number } & (
  | { readonly session: string; readonly task: "acknowledge" | "complete"; readonly by: string }
  | {
      readonly session: string
      readonly shopper: string
      readonly action: string
      readonly item: number
      readonly total: number
      readonly shared?: string
    }
)

/**
 * The log of two weeks in a shop, the same for the same seed. Some baskets are left, and the staff works on today's orders.
 *
 * @param visitEvery minutes between two shoppers
 */
export function playedLog(shop: DemoShop, seed: number, visitEvery: number): LogRecord[] {
  const random = new Random(seed)
  const shoppers = distinctShoppers(random)
  const drafts: Draft[] = []
  for (let day = DAYS - 1; day >= 0; day--) {
    const midnight = Math.floor(NOW / DAY_MS) * DAY_MS - day * DAY_MS
    const [opens, closes] = [midnight + OPENS * 60 * MINUTE_MS, midnight + CLOSES * 60 * MINUTE_MS]
    for (let at = opens; at < Math.min(closes, NOW); at += random.int(1, 2 * visitEvery) * MINUTE_MS)
      drafts.push(...visit(shop, random, random.pick(shoppers), at, day === 0))
  }
  return drafts
    .filter(({ at }) => at < NOW)
    .toSorted((a, b) => a.at - b.at)
    .map((draft, i) => recordOf(shop, draft, i + 1))
}

/** The log of a shop in which three friends shop together. */
export function friendsLog(shop: DemoShop): LogRecord[] {
  const random = new Random(FRIENDS_SEED)
  const shared = random.uuid()
  return distinctShoppers(random)
    .slice(0, FRIENDS)
    .flatMap((shopper, i) => visit(shop, random, shopper, NOW - (10 - i) * MINUTE_MS, false))
    .map((draft) => ({ ...draft, shared }))
    .toSorted((a, b) => a.at - b.at)
    .map((draft, i) => recordOf(shop, draft, i + 1))
}

/** Shoppers with names and colours of their own, so that these do not depend on who is drawn first. */
function distinctShoppers(random: Random): readonly string[] {
  const marks = new ShopperMarks()
  const found: string[] = []
  while (found.length < SHOPPERS) {
    const shopper = random.uuid()
    const own = JSON.stringify(new ShopperMarks().of(shopper))
    if (JSON.stringify(marks.of(shopper)) !== own) continue
    marks.show(shopper)
    found.push(shopper)
  }
  return found
}

function visit(shop: DemoShop, random: Random, shopper: string, from: number, isToday: boolean): readonly Draft[] {
  const session = random.uuid()
  const items: number[] = []
  const drafts: Draft[] = []
  let at = from
  const later = (): number => {
    at += random.int(5_000, MINUTE_MS)
    return at
  }
  const total = (): number =>
    Math.round(items.reduce((sum, item) => sum + (shop.products[item]?.product_price ?? 0), 0) * 100) / 100
  const act = (action: string, item: number): void => {
    drafts.push({ at: later(), session, shopper, action, item, total: total() })
  }
  for (let i = random.int(1, 5); i > 0; i--) {
    const item = random.int(0, shop.products.length - 1)
    items.push(item)
    act("ADD", item)
    if (items.length > 2 && random.chance(0.15)) act("REMOVE", items.shift() ?? item)
  }
  if (random.chance(0.7)) {
    act("CHECKOUT", items.at(-1) ?? 0)
    if (isToday && random.chance(0.6))
      drafts.push({ at: later(), session, task: "acknowledge", by: random.pick(["Ann", "Bob"]) })
    if (isToday && random.chance(0.8)) drafts.push({ at: later(), session, task: "complete", by: "Ann" })
  }
  return drafts
}

function recordOf({ shop_id, products }: DemoShop, draft: Draft, seq: number): LogRecord {
  const received_at = new Date(draft.at).toISOString()
  const session_id = draft.session
  if ("task" in draft)
    return { shopId: shop_id, work: { session_id, by: draft.by, task: draft.task, seq, received_at } }
  const product = products[draft.item] ?? products[0]
  if (product === undefined) throw new Error(`${shop_id} has no products`)
  const { shopper, action, total, shared } = draft
  return {
    shopId: shop_id,
    event: {
      ...product,
      shop_id,
      session_id,
      shopper_id: shopper,
      action_id: seq,
      create_time: received_at,
      action,
      basket_total: total,
      seq,
      received_at,
      ...(shared === undefined ? {} : { shared_session: shared }),
    },
  }
}
