/**
 * What a shop's baskets and figures have in common: one queue, because they are made from one state, and a longer time limit. A shop with
 * a long log and no snapshot takes longer to load than gateways usually wait, so they are told after a second to wait longer. After
 * `timeoutMs` the answer is `system.timeout`, but loading continues, and the next `get` finds the shop loaded.
 */
export const shopQueue = {
  group: ({ shop_id }: { readonly shop_id: string }): string => `store.${shop_id}.projection`,
  timeoutMs: 10_000,
  mode: { access: "free" },
  anywhere: ["access"],
} as const
