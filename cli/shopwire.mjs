#!/usr/bin/env node
// `npx --no -- shopwire`: runs main.ts from source, as `npm run dev` does.
import { spawn } from "node:child_process"
import { constants } from "node:os"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("main.ts", import.meta.url))
const args = [`--import=${import.meta.resolve("tsx")}`, "--conditions=@res-service/source", main]
const child = spawn(process.execPath, [...args, ...process.argv.slice(2)], { stdio: "inherit" })
// A terminal sends Ctrl-C to both processes; this one waits for the other.
process.on("SIGINT", () => {})
process.on("SIGTERM", () => child.kill())
child.on("exit", (status, signal) => {
  process.exitCode = signal === null ? (status ?? 1) : 128 + constants.signals[signal]
})
