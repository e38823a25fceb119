// `npm start`: runs nats-server, gateway, service and edge until Ctrl-C. With `--watch`, restarts on changed sources; with
// `--demo`, plays a believable shop (`--seed N`, `--rate N`); with `--cluster`, runs several processes of each on a NATS cluster.
import { loadSettings, SettingError, settingNames } from "../../config/settings.ts"
import { ArgumentError, demoArguments } from "../demo/arguments.ts"
import { NatsServerError } from "../nats/nats-server.ts"
import { Cluster } from "./cluster.ts"
import { clusterWelcome } from "./cluster-welcome.ts"
import { Launcher } from "./launcher.ts"
import { createOutput, type Output } from "./output.ts"
import { StartError } from "./start-error.ts"
import { watchSources } from "./watch-sources.ts"

/** npm forwards a signal that the terminal has already sent; within this time, in ms, it is the same Ctrl-C. */
const SAME_SIGNAL_MS = 500

/** The exit status after a second Ctrl-C, as shells define it. */
const KILLED_STATUS = 130

// The reader of our output is gone (`npm start | head`): continue without output.
process.stdout.on("error", () => {})
process.stderr.on("error", () => {})

try {
  await main()
} catch (error) {
  fail(error)
}

async function main(): Promise<void> {
  const settings = loadSettings(settingNames)
  const args = process.argv.slice(2)
  const demo = args.includes("--demo") ? demoArguments(args) : undefined
  const output = createOutput({
    write: (text) => process.stdout.write(text),
    json: settings.NODE_ENV === "production",
    colour: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
  })
  const launcher = args.includes("--cluster") ? clusterOf(args, output) : new Launcher(settings, output, demo)

  let stoppedAt: number | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stoppedAt === undefined) {
      stoppedAt = Date.now()
      output.say(`${signal}: stopping; again to kill`)
      launcher.stop().then(() => {
        output.say("stopped")
        process.exit(0)
      }, fail)
    } else if (Date.now() - stoppedAt > SAME_SIGNAL_MS) {
      launcher.kill()
      process.exit(KILLED_STATUS)
    }
  }
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal)

  try {
    await launcher.start()
    if (launcher instanceof Cluster) output.show(clusterWelcome(launcher))
  } catch (error) {
    // The start may have failed because it was stopped.
    if (stoppedAt !== undefined) return
    await launcher.stop()
    fail(error)
  }
  if (args.includes("--watch") && launcher instanceof Launcher) {
    watchSources((file) => {
      output.say(`${file} changed: restarting`)
      launcher.restartPrograms().catch(fail)
    })
  }
}

function clusterOf(args: readonly string[], output: Output): Cluster {
  for (const other of ["--watch", "--demo"])
    if (args.includes(other)) throw new StartError(`--cluster and ${other} do not go together`)
  return new Cluster({ output })
}

function fail(error: unknown): never {
  const expected = [SettingError, ArgumentError, StartError, NatsServerError].some((kind) => error instanceof kind)
  const text = error instanceof Error ? (expected ? error.message : error.stack) : String(error)
  process.stderr.write(`${text}\n`)
  process.exit(1)
}
