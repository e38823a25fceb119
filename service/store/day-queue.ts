import { shopQueue } from "./shop-queue.ts"

/**
 * What the resources of a shop's days have in common: as `shopQueue`, with a queue of their own, so that baskets and figures do not wait
 * while days are made again from the whole log.
 */
export const dayQueue = {
  ...shopQueue,
  group: ({ shop_id }: { readonly shop_id: string }): string => `store.${shop_id}.days`,
} as const
