import { SettingError } from "../config/settings.ts"
import { explain } from "./explain.ts"
import { token } from "./token.ts"
import { UsageError } from "./usage-error.ts"

const usage = `Usage: npx --no shopwire <command>

token    makes a token for development
         --role merchant|shopper|admin   --shop ID (several times)   --shopper-id ID
         --user NAME (developer)   --name NAME   --minutes N (60)
explain  says what a token may, by which rule, and why; exits with 0 if it may, 1 if not
         --resource RID   --token TOKEN (- reads it from standard input; none: what nobody may)
         --call METHOD (else: get)   --shopper-id ID (whose events are published)
         The settings of sign-in (AUTH, JWKS_URL, ...) are those of the environment.
`

/** Wrong usage, as shells have it. */
const USAGE_STATUS = 2

const commands: Readonly<Record<string, (args: string[]) => Promise<number>>> = { token, explain }

/**
 * Runs a command line. Resolves to the exit status: 2 when the usage or a setting is wrong, which `complain` is told.
 *
 * @param args without `shopwire` itself
 */
export async function run([name = "", ...args]: readonly string[], complain: (text: string) => void): Promise<number> {
  try {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (command === undefined) throw new UsageError(`${JSON.stringify(name)} is no command`)
    return await command(args)
  } catch (error) {
    const isUsage = error instanceof UsageError || (error instanceof TypeError && "code" in error)
    if (!isUsage && !(error instanceof SettingError)) throw error
    complain(isUsage ? `${error.message}\n\n${usage}` : `${error.message}\n`)
    return USAGE_STATUS
  }
}
