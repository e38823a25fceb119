import { z } from "zod"
import { ShopId, ShopperId } from "./publish-event.ts"

export const roles = ["merchant", "shopper", "admin"] as const

export type Role = (typeof roles)[number]

/** A second since the epoch, as JWTs have it. */
const seconds = z.number("expected a number of seconds")

/** What the issuer has granted a user: our own claims. */
export const Grants = z.object({
  /** Without a role nothing is allowed. */
  role: z.enum(roles, `expected one of ${roles.join(", ")}`).optional(),
  /** Shops that the role is for: as many as fit into a token. */
  shops: z.array(ShopId, "expected a list of shop IDs").default([]),
  /** The shopper that a shopper's token is bound to. */
  shopper_id: ShopperId.optional(),
})
export type Grants = z.infer<typeof Grants>

/**
 * What a verified token says of its holder; further claims are of no use here.
 *
 * Source: RFC 7519, "Registered Claim Names"; the grants are custom claims of the issuer's.
 */
export const Claims = Grants.extend({
  /** The issuer's name for the user, claim `sub`. */
  user: z.string("expected a user").min(1, "expected a user").max(255, "expected at most 255 characters"),
  /** A name to show. */
  name: z.string("expected a string").max(200, "expected at most 200 characters").optional(),
  /** Issued at, expires at. */
  iat: seconds,
  exp: seconds,
})
export type Claims = z.infer<typeof Claims>

/** A token is none, or not to be trusted. The message says why, without anything of the token. */
export class TokenError extends Error {
  override readonly name = "TokenError"
}

/**
 * Reads the payload of a verified token.
 *
 * @param prefix stands before the names of the grants: some issuers want `https://shop.example/role`
 * @throws {TokenError} naming the claim that is wrong
 */
export function claimsOf(payload: Payload, prefix = ""): Claims {
  const { sub: user, name, iat, exp } = payload
  // Issuers write null for a name that they do not know.
  return checked(Claims.safeParse(present({ user, name: name ?? undefined, iat, exp, ...ownOf(payload, prefix) })))
}

/**
 * Reads the custom claims of a user.
 *
 * @throws {TokenError} naming the claim that is wrong
 */
export function grantsOf(customClaims: Payload): Grants {
  return checked(Grants.safeParse(present(ownOf(customClaims, ""))))
}

type Payload = Readonly<Record<string, unknown>>

function ownOf(payload: Payload, prefix: string): Record<keyof Grants, unknown> {
  const own = (name: keyof Grants): unknown => payload[prefix + name]
  return { role: own("role"), shops: own("shops"), shopper_id: own("shopper_id") }
}

/** Without the claims that there are not, so that claims are equal as they would be as JSON. */
function present(claims: Payload): Payload {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
}

function checked<T>(parsed: z.ZodSafeParseResult<T>): T {
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new TokenError(`claim ${issue?.path.join(".")}: ${issue?.message}`)
}
