import type { Shards } from "res-service/sharding"
import type { Basket } from "../contract/basket.ts"
import { multicart } from "../contract/session.ts"
import { basket } from "../contract/store.ts"

// A basket of a shop may be a member's cart in a shared session. The shop and the session may have different owners, so these ask each
// other. Only processes of the service can ask: whoever makes a basket a cart has published an event of it.

const LINK = "link"
const CHANGED = "basketChanged"
const READ = "readBasket"
/** Time for an owner to answer, in ms. It may have to be found first, or to load a shop. */
const TIMEOUT_MS = 10_000

/** Names a basket. */
export interface BasketRef {
  readonly shop_id: string
  readonly session_id: string
}

/** Makes a shopper a member of a session, with the basket as its cart. */
export interface Link {
  readonly basket: BasketRef
  /** Sequence of the event that named the session. */
  readonly seq: number
  readonly name: string
  /** The text of an invitation. */
  readonly invite?: string | undefined
}

/** A basket as it is shown. Null: there is none. */
export type ReadBasket = Pick<Basket, "lines" | "status" | "last_at" | "shared_session"> | null

/** What the owner of a session does with the baskets of its members. */
export interface SessionOwner {
  /** @throws {ResError} as the command `link` */
  link(sessionId: string, link: Link): Promise<void>
  /** A basket that names the session has changed. */
  changed(sessionId: string, basket: BasketRef): Promise<void>
}

/** What the owner of a shop tells of its baskets. */
export interface ShopOwner {
  /** The basket with the event `seq`; 0: as it is now. @throws {ResError} `system.serviceUnavailable`: it is not known now */
  read(basket: BasketRef, seq: number): Promise<ReadBasket>
}

/** Asks the owner of a session. Rejects also with `system.timeout`. */
export function askSessionOwners(shards: Pick<Shards, "ask">): SessionOwner {
  const ask = async (task: string, id: string, params: object): Promise<void> =>
    void (await shards.ask(task, multicart.name({ id }), params, TIMEOUT_MS))
  return {
    link: (sessionId, link) => ask(LINK, sessionId, link),
    changed: (sessionId, changed) => ask(CHANGED, sessionId, changed),
  }
}

/** Asks the owner of a shop. Rejects also with `system.timeout`. */
export function askShopOwner(shards: Pick<Shards, "ask">): ShopOwner {
  return {
    read: async ({ shop_id, session_id }, seq) =>
      (await shards.ask(READ, basket.name({ shop_id, session_id }), { seq }, TIMEOUT_MS)) as ReadBasket,
  }
}

/** Answers what other processes ask the owner of a session. */
export function answerAsSessionOwner(shards: Pick<Shards, "onTask">, own: SessionOwner): void {
  const sessionOf = (name: string): string => name.split(".")[1] ?? ""
  shards.onTask(LINK, async (name, params) => {
    await own.link(sessionOf(name), params as Link)
    return null
  })
  shards.onTask(CHANGED, async (name, params) => {
    await own.changed(sessionOf(name), params as BasketRef)
    return null
  })
}

/** Answers what other processes ask the owner of a shop. */
export function answerForBaskets(shards: Pick<Shards, "onTask">, own: ShopOwner): void {
  shards.onTask(READ, async (name, params) => {
    const [, shop_id = "", , session_id = ""] = name.split(".")
    return await own.read({ shop_id, session_id }, (params as { seq: number }).seq)
  })
}
