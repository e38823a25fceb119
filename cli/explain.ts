import { text } from "node:stream/consumers"
import { parseArgs } from "node:util"
import { isValidName, isValidPart, Pattern, parseRid, ResError } from "res-service"
import { authConfig, authSettings } from "../config/auth.ts"
import { loadSettings } from "../config/settings.ts"
import { type Claims, TokenError } from "../contract/claims.ts"
import { tokenVerifier } from "../service/auth/auth.ts"
import { decide, type Governed, policy } from "../service/auth/policy.ts"
import { DevelopmentIssuer } from "./development-issuer.ts"
import { UsageError } from "./usage-error.ts"

/** `shopwire explain`: tells whether a token allows a request, and by which rule. Resolves to the exit status. */
export async function explain(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      token: { type: "string" },
      resource: { type: "string" },
      call: { type: "string" },
      "shopper-id": { type: "string" },
    },
  })
  const { resource: rid, call: method = "get" } = values
  if (rid === undefined)
    throw new UsageError("--resource is missing: expected a resource ID, as in store.<shop_id>.feed")
  const { name } = parseRid(rid)
  if (!isValidName(name)) throw new UsageError(`--resource ${rid}: expected a resource ID`)
  if (!isValidPart(method)) throw new UsageError(`--call ${method}: expected the name of a method`)

  const claims = await claimsIn(values.token)
  const found = governed(name)
  if (found === undefined) return verdict(false, "there is no such resource")
  const shopperIds = values["shopper-id"] === undefined ? [] : [values["shopper-id"].toLowerCase()]
  const { allowed, reason } = decide(found.resource, method, claims, { shopId: found.parts.shop_id, shopperIds })
  say("asked", `${method} of ${found.resource}`)
  return verdict(allowed, reason)
}

/** The holder of a token. If the token is not valid, prints the reason and resolves to undefined. */
async function claimsIn(given: string | undefined): Promise<Claims | undefined> {
  if (given === undefined) {
    say("token", "none")
    return undefined
  }
  const jwt = (given === "-" ? await text(process.stdin) : given).trim()
  try {
    const claims = await (await verifier()).verify(jwt)
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

async function verifier() {
  const settings = loadSettings(authSettings)
  const configured = await tokenVerifier(authConfig(settings))
  if (configured !== undefined) return configured
  say("AUTH", "none: everyone may do everything; what follows applies to tokens of the development issuer")
  const issuer = new DevelopmentIssuer()
  if (!issuer.exists) throw new UsageError("there is no development issuer yet: run `npx --no -- shopwire token` first")
  const development = await tokenVerifier(authConfig({ ...settings, ...issuer.settings }))
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

function verdict(allowed: boolean, reason: string): number {
  say(allowed ? "allowed" : "refused", reason)
  return allowed ? 0 : 1
}

function say(label: string, what: string): void {
  process.stdout.write(`${label.padEnd(9)}${what}\n`)
}
