// `npm run test:stress`: runs the tests several times, each time in a fresh clone of the last commit, and says which ones failed
// how often.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createWriteStream, mkdirSync, readFileSync, rmSync } from "node:fs"
import { availableParallelism, loadavg } from "node:os"
import { join } from "node:path"
import { finished } from "node:stream/promises"
import { parseArgs } from "node:util"
import { projectDir } from "../../config/project-dir.ts"
import { cacheDir } from "../../tools/programs/paths.ts"
import { BusyLoops } from "./busy-loops.ts"
import { type Clone, cloneProject } from "./clone.ts"
import { treeState } from "./leftovers.ts"
import { type ReportedTest, Tally } from "./tally.ts"

const LOOPS_PER_CORE = 2

const usage = `Usage: npm run test:stress -- [options]

  --runs N      how often (default: 10)
  --busy        beside two busy loops of low priority for each core, which make a load average of 6 and more on two cores
  --only GLOB   only these test files, folders or globs; several times for several
  --jobs N      processes of tests at a time, as for test:all
`

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "10" },
    busy: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    jobs: { type: "string" },
    help: { type: "boolean", default: false },
  },
})
const runs = Number(values.runs)
if (values.help || !Number.isInteger(runs) || runs < 1) {
  process.stderr.write(usage)
  process.exit(values.help ? 0 : 2)
}

const changed = await treeState(projectDir)
if (changed.size > 0) say(`not tested, for not committed: ${[...changed.keys()].join(", ")}`)

const logs = join(cacheDir, "stress")
// Not written over: in a clone, the files of before are links to those of another run.
rmSync(logs, { recursive: true, force: true })
mkdirSync(logs, { recursive: true })
const interruption = new AbortController()
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interruption.abort())

const tally = new Tally()
const loops = new BusyLoops(values.busy ? LOOPS_PER_CORE * availableParallelism() : 0)
let done = 0
try {
  while (done < runs && !interruption.signal.aborted) {
    const clone = await cloneProject(projectDir)
    try {
      if (await runOnce(clone, done + 1)) done++
    } finally {
      await clone.remove()
    }
  }
} finally {
  await loops.stop()
}

if (tally.unstable > 0) say(`\n${tally.table()}`)
say(`\n${tally.unstable} of ${tally.tests} tests failed in ${done} of ${runs} runs`)
process.exitCode = tally.unstable > 0 || interruption.signal.aborted ? 1 : 0

/** Resolves to false when the run was interrupted. */
async function runOnce({ folder }: Clone, n: number): Promise<boolean> {
  const report = join(folder, ".cache/report.json")
  const logFile = join(logs, `run-${n}.log`)
  const started = Date.now()
  const args = ["--import=tsx", "test/runner/run.ts", "--report", report, ...values.only]
  if (values.jobs !== undefined) args.push("--jobs", values.jobs)
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] })
  const stop = () => child.kill("SIGTERM")
  interruption.signal.addEventListener("abort", stop)
  const log = createWriteStream(logFile)
  child.stdout.pipe(log, { end: false })
  child.stderr.pipe(log, { end: false })
  await once(child, "close")
  interruption.signal.removeEventListener("abort", stop)
  log.end()
  await finished(log)
  // Of an interrupted run, the tests that were at work have failed by that.
  if (interruption.signal.aborted) return false
  const tests = read(report)
  const failures = tests?.filter(({ state }) => state === "failed").length
  const load = loadavg()[0]?.toFixed(1)
  const seconds = Math.round((Date.now() - started) / 1000)
  const outcome = tests === undefined ? "broke off" : `${tests.length} tests, ${failures} failed`
  say(`run ${n}: ${outcome}, ${seconds} s, load average ${load} (${logFile})`)
  const end: ReportedTest = { file: "", title: "(the run comes to its end)", state: tests ? "passed" : "failed" }
  tally.add([...(tests ?? []), end])
  return true
}

function read(report: string): ReportedTest[] | undefined {
  try {
    return JSON.parse(readFileSync(report, "utf8"))
  } catch {
    return undefined
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
