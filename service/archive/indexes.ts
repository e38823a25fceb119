import type { Db } from "mongodb"
import { INCOMING } from "./incoming/incoming-document.ts"

/**
 * The indexes that queries need, by collection. `log` comes before `seq`, because sequences are only ordered within one log.
 *
 * events   pages of a shop, of a basket, of a category; a person's (erasure); by age (retention) ·
 * baskets  a shop's latest; a person's; by age ·
 * incoming_events  documents to publish; a person's, as inserted and as stored
 */
const indexes = {
  events: [
    { name: "shop", key: { shop_id: 1, log: -1, seq: -1 } },
    { name: "basket", key: { session_id: 1, shop_id: 1, log: 1, seq: 1 } },
    { name: "category", key: { shop_id: 1, category_id: 1, log: -1, seq: -1 } },
    { name: "shopper", key: { shopper_id: 1 } },
    { name: "age", key: { received_at: 1 } },
  ],
  baskets: [
    { name: "shop", key: { shop_id: 1, last_at: -1 } },
    { name: "shopper", key: { shopper_id: 1 } },
    { name: "age", key: { last_at: 1 } },
  ],
  [INCOMING]: [
    { name: "state", key: { "shopwire.state": 1, _id: 1 } },
    { name: "shopper", key: { shopper_id: 1 } },
    { name: "stored_shopper", key: { "shopwire.shopper_id": 1 } },
  ],
} as const

/** The collections of the archive. What else a database has can be made from them again. */
export const collections = Object.keys(indexes)

/** Makes the indexes that are missing. MongoDB takes writes while it builds them. */
export async function ensureIndexes(db: Db): Promise<void> {
  for (const [collection, wanted] of Object.entries(indexes)) {
    await db.collection(collection).createIndexes(wanted.map(({ name, key }) => ({ name, key: { ...key } })))
  }
}
