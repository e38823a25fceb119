import { isValidName, Pattern, parseRid, ResError } from "res-service"
import { authConfig, authSettings } from "../config/auth.ts"
import { loadSettings } from "../config/settings.ts"
import { type Claims, TokenError } from "../contract/claims.ts"
import { tokenVerifier } from "../service/auth/auth.ts"
import { decide, type Governed, policy } from "../service/auth/policy.ts"
import { DevelopmentIssuer } from "./development-issuer.ts"
import { EXIT, UsageError } from "./exit-status.ts"
import { labelled, type Terminal } from "./terminal.ts"

/** A request that somebody may want to send. */
export interface ExplainedRequest {
  readonly rid: string
  /** Undefined: none; `-`: it is read from standard input. */
  readonly token: string | undefined
  readonly method: string
  /** The shopper of a published event. */
  readonly shopperId: string | undefined
}

/** Tells whether a token allows a request, and by which rule. Resolves to the exit status. */
export async function explainRequest(
  terminal: Terminal,
  { rid, token, method, shopperId }: ExplainedRequest,
): Promise<number> {
  const { name } = parseRid(rid)
  if (!isValidName(name)) throw new UsageError(`--resource ${rid}: expected a resource ID`)
  const verdict = (allowed: boolean, reason: string): number => {
    terminal.print(labelled(allowed ? "allowed" : "refused", reason))
    return allowed ? EXIT.ok : EXIT.no
  }
  const claims = await claimsIn(terminal, token)
  const found = governed(name)
  if (found === undefined) return verdict(false, "there is no such resource")
  const shopperIds = shopperId === undefined ? [] : [shopperId.toLowerCase()]
  const { allowed, reason } = decide(found.resource, method, claims, { shopId: found.parts.shop_id, shopperIds })
  terminal.print(labelled("asked", `${method} of ${found.resource}`))
  return verdict(allowed, reason)
}

/** The holder of a token. If the token is not valid, prints the reason and resolves to undefined. */
async function claimsIn(terminal: Terminal, given: string | undefined): Promise<Claims | undefined> {
  const say = (label: string, what: string): void => terminal.print(labelled(label, what))
  if (given === undefined) {
    say("token", "none")
    return undefined
  }
  const jwt = (given === "-" ? await terminal.read() : given).trim()
  try {
    const claims = await (await verifier(terminal)).verify(jwt)
    const { user, role = "no role", shops, shopper_id, exp } = claims
    const shopper = shopper_id === undefined ? "" : `, shopper ${shopper_id}`
    say("token", `good until ${new Date(exp * 1000).toISOString()}; whether it was revoked, only the service knows`)
    say("holder", `${user}, ${role}, ${shops.length === 0 ? "no shops" : `shops ${shops.join(" ")}`}${shopper}`)
    return claims
  } catch (error) {
    if (!(error instanceof TokenError || error instanceof ResError)) throw error
    say("token", `not good: ${error.message}`)
    return undefined
  }
}

async function verifier(terminal: Terminal) {
  const settings = loadSettings(authSettings, terminal.env)
  const configured = await tokenVerifier(authConfig(settings, terminal.env))
  if (configured !== undefined) return configured
  terminal.print(
    labelled("AUTH", "none: everyone may do everything; what follows applies to tokens of the development issuer"),
  )
  const issuer = new DevelopmentIssuer(terminal.env)
  if (!issuer.exists) throw new UsageError("there is no development issuer yet: run `npx --no -- shopwire token` first")
  const development = await tokenVerifier(authConfig({ ...settings, ...issuer.settings }, terminal.env))
  if (development === undefined) throw new Error("the development issuer verifies nothing")
  return development
}

/** The policy's resource that a name belongs to. */
function governed(name: string): { resource: Governed; parts: Readonly<Record<string, string>> } | undefined {
  for (const resource of Object.keys(policy) as Governed[]) {
    const parts: Readonly<Record<string, string>> | undefined = new Pattern(resource).match(name)
    if (parts !== undefined) return { resource, parts }
  }
  return undefined
}
