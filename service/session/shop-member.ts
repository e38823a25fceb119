import { serviceError } from "../../contract/errors.ts"
import type { BasketRef, ReadBasket } from "../shared-baskets.ts"
import { freeColour } from "./colours.ts"
import type { Newcomer } from "./command.ts"
import { admit, MAX_MEMBERS, memberOf } from "./entry.ts"
import type { Happening } from "./happening.ts"
import type { Member } from "./session.ts"

/** Most members of a session who shop in the shop. */
export const MAX_SHOP_MEMBERS = 20

const PREFIX = "shop-"

/** What stands for the connection of a member who shops in the shop. No gateway or edge has such connections. */
export function shopCid({ shop_id, session_id }: BasketRef): string {
  return `${PREFIX}${shop_id}-${session_id}`
}

export function isShopCid(cid: string): boolean {
  return cid.startsWith(PREFIX)
}

export function isCartOf(basket: BasketRef): (member: Pick<Member, "basket">) => boolean {
  return (member) => member.basket !== undefined && isSame(member.basket, basket)
}

/** A basket as a cart: as much of an Ecwid Cart as a shop's app tells. */
export function cartOf({ lines }: NonNullable<ReadBasket>): object {
  return {
    items: lines.map(({ quantity, product_id, UPC, product_name, unit_price }) => ({
      quantity,
      product: { id: product_id, sku: UPC, name: product_name, price: unit_price },
    })),
  }
}

/**
 * Makes whoever shops with a basket a member, or brings the member back. Knowing the session's ID is the invitation, as for friends
 * online; a closed session asks for one. All are in one shop, the session's if it has one. Whom the host has removed does not come back with the same basket.
 */
export function link(happening: Happening, newcomer: Newcomer, basket: BasketRef): void {
  const members = happening.membersWhere(() => true)
  const known = members.find(isCartOf(basket))
  if (known !== undefined) {
    if (known.cid === undefined) happening.add({ type: "resumed", id: known.id, cid: newcomer.cid, at: newcomer.at })
    return
  }
  const baskets = members.flatMap((member) => member.basket ?? [])
  if (members.length === 0) throw serviceError("session.notStarted")
  if (happening.session?.barred?.some((each) => isSame(each, basket))) throw serviceError("session.removedByHost")
  const shopId = happening.session?.shopId ?? baskets[0]?.shop_id ?? basket.shop_id
  if (shopId !== basket.shop_id) throw serviceError("session.otherShop")
  if (members.length >= MAX_MEMBERS || baskets.length >= MAX_SHOP_MEMBERS) throw serviceError("session.full")
  admit(happening, newcomer)
  happening.add({ type: "joined", member: { ...memberOf(newcomer, freeColour(members)), basket } })
}

/** A host in the shop has no page to be host on, so a friend online who is present takes its place. */
export function passHostOnline(happening: Happening): void {
  if (happening.host()?.basket === undefined) return
  const [heir] = happening.membersWhere(({ cid, basket }) => cid !== undefined && basket === undefined)
  if (heir !== undefined) happening.add({ type: "hostPassed", id: heir.id })
}

function isSame(a: BasketRef, b: BasketRef): boolean {
  return a.shop_id === b.shop_id && a.session_id === b.session_id
}
