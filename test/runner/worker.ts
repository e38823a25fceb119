// Started by the pool: runs the test files that it is sent, one after the other, in this process. A file is over when its
// tests are, and nothing that they started keeps the process alive any more.
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { inspect } from "node:util"
import Mocha from "mocha"
import { projectDir } from "../../config/project-dir.ts"
import { LINGER_MS, leftRunning } from "../helpers/left-running.ts"
import { SpecReporter } from "../helpers/spec-reporter.ts"
import { cpuMs } from "./cpu-time.ts"
import type { FileResult, RunFile, TestResult } from "./messages.ts"

const MOST_ERROR_LINES = 12

const [grepOut = ""] = process.argv.slice(2)
const { timeout, forbidOnly } = JSON.parse(readFileSync(join(projectDir, ".mocharc.json"), "utf8")) as {
  timeout: number
  forbidOnly: boolean
}

// Mocha passes on what it hears of these; thrown, they fail the test at work.
process.on("unhandledRejection", (reason) => {
  throw reason
})
process.on("disconnect", () => process.exit(1))
process.on("message", (message) => {
  run((message as RunFile).file).catch((error: unknown) => {
    // The file could not be loaded.
    process.stderr.write(`${inspect(error)}\n`)
    process.exit(1)
  })
})

const startingEnv = { ...process.env }

async function run(file: string): Promise<void> {
  restoreEnv()
  const started = performance.now()
  const cpuBefore = cpuMs()
  // From here to the end, only what the tests have started keeps this process alive.
  process.channel?.unref()
  const mocha = new Mocha({ reporter: SpecReporter, timeout, forbidOnly })
  if (grepOut !== "") mocha.fgrep(grepOut).invert()
  mocha.addFile(resolve(projectDir, file))
  await mocha.loadFilesAsync()
  const tests: TestResult[] = []
  const runner = mocha.run(() => {
    // Takes its listeners for stray errors away: what comes later ends this process.
    mocha.dispose()
    const killer = setTimeout(() => {
      process.stderr.write(`the tests of ${file} are over, but something they started still runs: ${leftRunning()}\n`)
      process.exit(1)
    }, LINGER_MS).unref()
    process.once("beforeExit", () => {
      clearTimeout(killer)
      process.channel?.ref()
      if (tests.length === 0 && grepOut === "") tests.push({ title: "(has tests)", state: "failed" })
      const durationMs = Math.round(performance.now() - started)
      process.send?.({ file, tests, durationMs, cpuMs: cpuMs() - cpuBefore } satisfies FileResult)
    })
  })
  const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING } = Mocha.Runner.constants
  runner.on(EVENT_TEST_PASS, (test) => tests.push({ title: test.fullTitle(), state: "passed" }))
  runner.on(EVENT_TEST_FAIL, (test, error: unknown) => {
    tests.push({ title: test.fullTitle(), state: "failed", error: firstLines(error) })
  })
  runner.on(EVENT_TEST_PENDING, (test) => tests.push({ title: test.fullTitle(), state: "skipped" }))
}

function firstLines(error: unknown): string {
  const shown = error instanceof Error ? (error.stack ?? error.message) : inspect(error)
  return shown.split("\n").slice(0, MOST_ERROR_LINES).join("\n")
}

/** Undoes what the files before have changed, also without knowing it: Vite's `build` sets NODE_ENV. */
function restoreEnv(): void {
  for (const name of Object.keys(process.env)) if (!(name in startingEnv)) delete process.env[name]
  Object.assign(process.env, startingEnv)
}
