import type { AnyContract, MethodOf } from "res-service/contract"
import type { Claims } from "../../contract/claims.ts"
import type { Resource } from "../../contract/resources.ts"

/** The groups of callers that a rule distinguishes: by role, signed in without a role, without a valid token. */
export const holders = ["merchant", "shopper", "admin", "noRole", "nobody"] as const

export type Holder = (typeof holders)[number]

/** How a reason names a holder. */
const holderNames: Readonly<Record<Holder, string>> = {
  merchant: "a merchant",
  shopper: "a shopper",
  admin: "an admin",
  noRole: "a user without a role",
  nobody: "callers without a valid token",
}

/** What a call concerns. */
export interface Target {
  /** Undefined: the call concerns no shop. */
  readonly shopId?: string | undefined
  /** The shoppers of the events to publish; undefined while they are not known. */
  readonly shopperIds?: readonly string[]
}

/** Returns why the condition is not met; undefined when it is met. */
type Condition = (claims: Claims | undefined, target: Target) => string | undefined

const ownShop: Condition = (claims, { shopId = "" }) =>
  claims?.shops.includes(shopId) ? undefined : `the claim shops does not have ${shopId}`

const asItself: Condition = (claims, { shopperIds = [] }) => {
  const own = claims?.shopper_id
  const isOther = own !== undefined && shopperIds.some((shopperId) => shopperId !== own)
  return isOther ? "an event is another shopper's than the claim shopper_id says" : undefined
}

/** The conditions, by the names that docs and `shopwire explain` use. */
export const conditions = {
  always: () => undefined,
  ownShop,
  ownShopAsItself: (claims, target) => ownShop(claims, target) ?? asItself(claims, target),
} satisfies Record<string, Condition>

/** The rules: who may, under which condition. Everyone else is refused. */
export const rules = {
  anybody: { merchant: "always", shopper: "always", admin: "always", noRole: "always", nobody: "always" },
  readShop: { merchant: "ownShop", admin: "always" },
  publish: { merchant: "ownShop", shopper: "ownShopAsItself", admin: "always" },
  tendBaskets: { merchant: "ownShop", admin: "always" },
  tendShop: { merchant: "ownShop", admin: "always" },
  administer: { admin: "always" },
} as const satisfies Record<string, Readonly<Partial<Record<Holder, keyof typeof conditions>>>>

export type Rule = keyof typeof rules

/** The methods that a policy has rules for. */
type Ruled<C extends AnyContract> = { readonly [M in MethodOf<C> | "get" | "*"]?: Rule }

/** Every resource of the contract, or it does not compile. */
type Policy = { readonly [C in Resource as C["pattern"]["source"]]: Ruled<C> }

/** The rule of each method of each resource; `get` is reading and subscribing, `*` any call. Everything else is refused. */
export const policy = {
  "store.$shop_id.feed": { get: "readShop", publish: "publish", read: "readShop" },
  "store.$shop_id.event.$seq": { get: "readShop" },
  "store.$shop_id.baskets": { get: "readShop" },
  "store.$shop_id.orders": { get: "readShop" },
  "store.$shop_id.abandoned": { get: "readShop" },
  "store.$shop_id.basket.$session_id": {
    get: "readShop",
    acknowledge: "tendBaskets",
    release: "tendBaskets",
    complete: "tendBaskets",
    reopen: "tendBaskets",
  },
  "store.$shop_id.stats": { get: "readShop" },
  "store.$shop_id.digest": { get: "readShop", report: "readShop" },
  "store.$shop_id.day.$date": { get: "readShop" },
  "store.$shop_id.days": { get: "readShop" },
  "store.$shop_id.profile": { get: "readShop", set: "tendShop" },
  "store.$shop_id.watchers": { get: "readShop", watch: "readShop" },
  // Knowing a session's ID is the invitation. The session itself decides what its members may do.
  "session.$id.multicart": { get: "anybody", "*": "anybody" },
  "session.$id.present": { get: "anybody" },
  "session.$id.status": { get: "anybody" },
  "session.$id.lines.$customer": { get: "anybody" },
  "session.$id.line.$customer.$line": { get: "anybody" },
  "session.$id.members": { get: "anybody" },
  "session.$id.member.$customer": { get: "anybody" },
  "session.$id.cart.$customer": { get: "anybody" },
  "shopwire.auth": { revoke: "administer" },
  "shopwire.shoppers": { erase: "administer" },
  "shopwire.health": { get: "anybody" },
  "shopwire.archive": { get: "anybody" },
  "shopwire.catalogue": { get: "anybody" },
} as const satisfies Policy

export type Governed = keyof typeof policy

/** The policy's decision, and why. */
export interface Decision {
  readonly allowed: boolean
  /** Undefined: no rule applies, so the call is refused. */
  readonly rule: Rule | undefined
  readonly holder: Holder
  /** One line, for people. */
  readonly reason: string
}

/** Decides whether a caller with `claims` (undefined: without a valid token) may call `method` of a resource, or `get` it. */
export function decide(resource: Governed, method: string, claims: Claims | undefined, target: Target): Decision {
  const methods: { readonly [method: string]: Rule } = policy[resource]
  const rule = Object.hasOwn(methods, method) ? methods[method] : method === "get" ? undefined : methods["*"]
  const holder = holderOf(claims)
  if (rule === undefined) return { allowed: false, rule, holder, reason: `nobody may ${method} ${resource}` }
  const granted: Readonly<Partial<Record<Holder, keyof typeof conditions>>> = rules[rule]
  const condition = granted[holder]
  if (condition === undefined)
    return { allowed: false, rule, holder, reason: `the rule ${rule} does not allow ${holderNames[holder]}` }
  const refusal = conditions[condition](claims, target)
  if (refusal !== undefined)
    return {
      allowed: false,
      rule,
      holder,
      reason: `the rule ${rule} asks ${condition} of ${holderNames[holder]}: ${refusal}`,
    }
  return { allowed: true, rule, holder, reason: `the rule ${rule} allows ${holderNames[holder]}: ${condition}` }
}

function holderOf(claims: Claims | undefined): Holder {
  if (claims === undefined) return "nobody"
  return claims.role ?? "noRole"
}
