#!/usr/bin/env node
// `npx --no -- shopwire`: runs main.ts from source, as `npm run dev` does.
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("main.ts", import.meta.url))
const args = [`--import=${import.meta.resolve("tsx")}`, "--conditions=@res-service/source", main]
const { status } = spawnSync(process.execPath, [...args, ...process.argv.slice(2)], { stdio: "inherit" })
process.exitCode = status ?? 1
