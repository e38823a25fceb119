import { SettingError } from "../config/settings.ts"
import { explain } from "./explain.ts"
import { token } from "./token.ts"
import { UsageError } from "./usage-error.ts"

const usage = `Usage: npx --no -- shopwire <command>

token    makes a token for development
         --role merchant|shopper|admin   --shop ID (several times)   --shopper-id ID
         --user NAME (developer)   --name NAME   --minutes N (60)
explain  tells whether a token allows a request, and by which rule; exits with 0 if so, else with 1
         --resource RID   --token TOKEN (- reads it from standard input; without it: no token)
         --call METHOD (default: get)   --shopper-id ID (the shopper of a published event)
         It reads the sign-in settings (AUTH, JWKS_URL, ...) from the environment.
help     prints this text, as --help and -h do
`

/** The exit status of shells for wrong usage. */
const USAGE_STATUS = 2

const commands: Readonly<Record<string, (args: string[]) => Promise<number>>> = { token, explain }

/**
 * Runs a command line and resolves to its exit status: 2 when the usage or a setting is wrong.
 *
 * @param args without `shopwire` itself
 * @param print receives the help text
 * @param complain receives errors
 */
export async function run(
  args: readonly string[],
  print: (text: string) => void,
  complain: (text: string) => void,
): Promise<number> {
  try {
    if (asksForHelp(args)) {
      print(usage)
      return 0
    }
    const [name, ...rest] = args
    if (name === undefined) throw new UsageError("expected a command")
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (command === undefined) throw new UsageError(`${JSON.stringify(name)} is not a command`)
    return await command(rest)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const isUsage = error instanceof UsageError || isOfParseArgs(error)
    if (!isUsage && !(error instanceof SettingError)) throw error
    complain(isUsage ? `${error.message}\n\n${usage}` : `${error.message}\n`)
    return USAGE_STATUS
  }
}

/** True for what `parseArgs` of node:util throws. */
function isOfParseArgs(error: Error): boolean {
  return error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_")
}

function asksForHelp(args: readonly string[]): boolean {
  return args[0] === "help" || args.includes("--help") || args.includes("-h")
}
