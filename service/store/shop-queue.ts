/**
 * What a shop's baskets and figures have in common: one queue, since they are made of one state; and time for their answer. A
 * shop with a long log and no snapshot yet takes longer to load than gateways usually wait, which they are told after a
 * second. One that takes longer than `timeoutMs` is answered with `system.timeout`; it is loaded nevertheless, and the next
 * `get` finds it.
 */
export const shopQueue = {
  group: ({ shop_id }: { readonly shop_id: string }): string => `store.${shop_id}.projection`,
  timeoutMs: 10_000,
  mode: { access: "free" },
} as const
