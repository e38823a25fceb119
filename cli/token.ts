import { parseArgs } from "node:util"
import { claimsOf, TokenError } from "../contract/claims.ts"
import { MAX_TOKEN_LENGTH } from "../contract/limits.ts"
import { DevelopmentIssuer } from "./development-issuer.ts"
import { UsageError } from "./usage-error.ts"

const MAX_MINUTES = 7 * 24 * 60

/** `shopwire token`: prints a token on stdout, and on stderr the settings with which it is accepted. */
export async function token(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      role: { type: "string" },
      shop: { type: "string", multiple: true, default: [] },
      "shopper-id": { type: "string" },
      user: { type: "string", default: "developer" },
      name: { type: "string" },
      minutes: { type: "string", default: "60" },
    },
  })
  const minutes = Number(values.minutes)
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > MAX_MINUTES) {
    throw new UsageError(`--minutes ${values.minutes}: expected a whole number from 1 to ${MAX_MINUTES}`)
  }
  const { role, shop: shops, user: sub, name } = values
  const payload = { sub, name, role, shops, shopper_id: values["shopper-id"] }
  checkClaims(payload)
  const issuer = new DevelopmentIssuer()
  const signed = await issuer.sign(payload, minutes * 60)
  if (signed.length > MAX_TOKEN_LENGTH) {
    throw new UsageError(
      `--shop: ${shops.length} shops make a token of ${signed.length} characters; at most ${MAX_TOKEN_LENGTH} are accepted`,
    )
  }
  const settings = Object.entries(issuer.settings).map(([setting, value]) => `${setting}=${value}`)
  process.stderr.write(`It is accepted with these settings:\n${settings.join(" ")} npm start\n`)
  process.stdout.write(`${signed}\n`)
  return 0
}

function checkClaims(payload: Readonly<Record<string, unknown>>): void {
  try {
    claimsOf({ ...payload, iat: 0, exp: 0 })
  } catch (error) {
    throw error instanceof TokenError ? new UsageError(error.message) : error
  }
}
