import { run } from "./run.ts"
import { processTerminal } from "./terminal.ts"

const status = await run(process.argv.slice(2), processTerminal())
// Not when nothing is open any more: NATS's client keeps a socket for minutes to a server that accepted it and then said nothing.
process.stdout.write("", () => process.exit(status))
