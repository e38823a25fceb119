import { cart, multicart, present } from "./session.ts"
import { archive, auth, health, shoppers } from "./shopwire.ts"
import { basket, baskets, event, feed, stats } from "./store.ts"

/** Every RES resource of the product. */
export const resources = [
  feed,
  event,
  baskets,
  basket,
  stats,
  multicart,
  present,
  cart,
  auth,
  shoppers,
  health,
  archive,
] as const
