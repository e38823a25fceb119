import { Command } from "commander"
import { claimsOf, TokenError } from "../contract/claims.ts"
import { MAX_TOKEN_LENGTH } from "../contract/limits.ts"
import { several, wholeNumber } from "./arguments.ts"
import { DevelopmentIssuer } from "./development-issuer.ts"
import { EXIT, UsageError } from "./exit-status.ts"
import type { Terminal } from "./terminal.ts"

const MAX_MINUTES = 7 * 24 * 60

interface TokenOptions {
  readonly role?: string
  readonly shop?: readonly string[]
  readonly shopperId?: string
  readonly user: string
  readonly name?: string
  readonly minutes: number
}

export function tokenCommand(terminal: Terminal, end: (status: number) => void): Command {
  return new Command("token")
    .description("make a token for development, and say with which settings it is accepted")
    .option("--role <role>", "merchant, shopper or admin; without a role a token allows nothing")
    .option("--shop <id>", "a shop that the role is for; may be repeated", several)
    .option("--shopper-id <id>", "the shopper that a shopper's token is bound to")
    .option("--user <name>", "the user's ID, claim sub", "developer")
    .option("--name <name>", "the user's name, to show")
    .option("--minutes <n>", "how long it is valid", wholeNumber(1, MAX_MINUTES), 60)
    .action(async (options: TokenOptions) => end(await token(terminal, options)))
}

/** Prints a token on stdout, and on stderr the settings with which it is accepted. */
async function token(terminal: Terminal, options: TokenOptions): Promise<number> {
  const { role, shop: shops = [], user: sub, name, shopperId: shopper_id, minutes } = options
  const payload = { sub, name, role, shops: [...shops], shopper_id }
  checkClaims(payload)
  const issuer = new DevelopmentIssuer(terminal.env)
  const signed = await issuer.sign(payload, minutes * 60)
  if (signed.length > MAX_TOKEN_LENGTH) {
    throw new UsageError(
      `--shop: ${shops.length} shops make a token of ${signed.length} characters; at most ${MAX_TOKEN_LENGTH} are accepted`,
    )
  }
  const settings = Object.entries(issuer.settings).map(([setting, value]) => `${setting}=${value}`)
  terminal.complain(`It is accepted with these settings:\n${settings.join(" ")} npm start`)
  terminal.print(signed)
  return EXIT.ok
}

function checkClaims(payload: Readonly<Record<string, unknown>>): void {
  try {
    claimsOf({ ...payload, iat: 0, exp: 0 })
  } catch (error) {
    throw error instanceof TokenError ? new UsageError(error.message) : error
  }
}
