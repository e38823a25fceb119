// `npm run nats-server -- ARGS`: runs only the nats-server that `npm start` would run.
import { spawn } from "node:child_process"
import { loadSettings, SettingError } from "../../config/settings.ts"
import { findNatsServer, NatsServerError } from "./nats-server.ts"

try {
  const { NATS_SERVER_BIN } = loadSettings(["NATS_SERVER_BIN"])
  const { file } = await findNatsServer({
    bin: NATS_SERVER_BIN,
    progress: (line) => process.stderr.write(`${line}\n`),
  })
  const child = spawn(file, process.argv.slice(2), { stdio: "inherit" })
  child.on("error", (error) => {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  })
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1)
  })
  // A terminal sends Ctrl-C to the child too; a second one does no harm.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal))
} catch (error) {
  if (!(error instanceof SettingError || error instanceof NatsServerError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
