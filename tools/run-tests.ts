// `npm run test:all`: all tests, in two mocha processes at the same time, for most tests wait most of the time.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { projectDir } from "../config/project-dir.ts"

const ARCHIVE = "test/integration/archive*.test.ts"

/** Arguments of mocha. Each test file is in one of them; they take about the same time. Browsers are in one only. */
const groups = [
  ["res-service/test/**/*.test.ts", "test/{browser,chaos,unit}/**/*.test.ts", ARCHIVE],
  ["test/integration/**/*.test.ts", "--ignore", ARCHIVE],
]

/** What the reporter writes: `N passed, N failed, N skipped`. */
const TOTALS = /^(\d+) passed, (\d+) failed, (\d+) skipped$/m

const mocha = createRequire(import.meta.url).resolve("mocha/bin/mocha.js")
const folder = mkdtempSync(join(tmpdir(), "shopwire-tests-"))
try {
  const runs = groups.map((args, i) => run(args, join(folder, String(i)), i === 0))
  const results = await Promise.all(runs)
  for (const { held } of results) process.stdout.write(held)
  process.exitCode = Math.max(...results.map(({ status }) => status))
  const totals = results.map(({ totals }) => totals)
  if (totals.every((each) => each !== undefined)) {
    const [passed, failed, skipped] = [0, 1, 2].map((i) => totals.reduce((sum, each) => sum + (each[i] ?? 0), 0))
    const line = `${passed} passed, ${failed} failed, ${skipped} skipped\n`
    process.stdout.write(line)
    if (process.env.TEST_RESULT_FILE !== undefined) writeFileSync(process.env.TEST_RESULT_FILE, line)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Runs one group. What it prints is shown as it comes if `live`, else held back, so that two don't mix. */
async function run(args: readonly string[], resultFile: string, live: boolean) {
  const child = spawn(process.execPath, [mocha, ...args], {
    cwd: projectDir,
    stdio: ["ignore", live ? "inherit" : "pipe", live ? "inherit" : "pipe"],
    env: { ...process.env, TEST_RESULT_FILE: resultFile, ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : {}) },
  })
  const parts: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (part: Buffer) => parts.push(part))
  const [status] = (await once(child, "close")) as [number | null]
  return { status: status ?? 1, held: Buffer.concat(parts), totals: totalsIn(resultFile) }
}

/** Undefined when the tests did not come to their end. */
function totalsIn(file: string): readonly number[] | undefined {
  try {
    return TOTALS.exec(readFileSync(file, "utf8"))?.slice(1).map(Number)
  } catch {
    return undefined
  }
}
