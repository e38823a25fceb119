import { Command, CommanderError } from "commander"
import { SettingError } from "../config/settings.ts"
import { doctorCommand } from "./doctor/doctor.ts"
import { AwayError, EXIT, InputError, InterruptedError, RefusedError, UsageError } from "./exit-status.ts"
import { explainCommand } from "./explain.ts"
import { publishCommand } from "./publish.ts"
import { replayCommand } from "./replay.ts"
import { sessionCommand } from "./session.ts"
import { tailCommand } from "./tail.ts"
import type { Terminal } from "./terminal.ts"
import { tokenCommand } from "./token.ts"

/** Makes a command, which passes its exit status to `end`. */
export type CommandMaker = (terminal: Terminal, end: (status: number) => void) => Command

const makers: readonly CommandMaker[] = [
  publishCommand,
  tailCommand,
  sessionCommand,
  replayCommand,
  doctorCommand,
  explainCommand,
  tokenCommand,
]

/** What all commands have in common, below the list of them. */
const settingsHelp = `
The commands use a running product: its edge at EDGE_URL (default: EDGE_PORT on this machine), its gateway at RESGATE_URL
(default: where the edge says), its NATS at NATS_URL (default: NATS_PORT on this machine), with the token SHOPWIRE_TOKEN.
docs/cli.md has examples and the exit statuses.`

/**
 * Runs a command line and resolves to its exit status: see `EXIT`.
 *
 * @param args without `shopwire` itself
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  let status: number = EXIT.ok
  const program = new Command("shopwire")
    .name("npx --no -- shopwire")
    .usage("<command>")
    .description("Publish to a running shopwire, watch it, and find out what is wrong with it.")
    .exitOverride()
    .showHelpAfterError()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.complain(text.trimEnd()),
    })
    .addHelpText("after", settingsHelp)
  for (const make of makers) {
    const command = make(terminal, (given) => {
      status = given
    })
    program.addCommand(command.copyInheritedSettings(program))
  }
  try {
    if (args.length === 0) throw new UsageError("expected a command")
    await program.parseAsync(args, { from: "user" })
    return status
  } catch (error) {
    // Commander has printed the help, or what is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if (!(error instanceof Error)) throw error
    if (error instanceof UsageError) {
      const called = program.commands.find((command) => command.name() === args[0]) ?? program
      terminal.complain(`${error.message}\n\n${called.helpInformation().trimEnd()}`)
      return EXIT.usage
    }
    const known = [
      [SettingError, EXIT.usage],
      [InputError, EXIT.usage],
      [RefusedError, EXIT.no],
      [AwayError, EXIT.away],
      [InterruptedError, EXIT.interrupted],
    ] as const
    const exit = known.find(([kind]) => error instanceof kind)?.[1]
    if (exit === undefined) throw error
    terminal.complain(error.message)
    return exit
  }
}
