// `npm test`, `npm run test:long`, `test:all` and `test:unit`: runs test files in a few processes, and checks that they leave nothing behind.
import { randomUUID } from "node:crypto"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { projectDir } from "../../config/project-dir.ts"
import { cacheDir } from "../../tools/programs/paths.ts"
import { buildPages } from "../helpers/built-pages.ts"
import { compile } from "../helpers/compiled.ts"
import { Durations } from "./durations.ts"
import { changesBetween, leftFiles, leftProcesses, RUN_VARIABLE, treeState } from "./leftovers.ts"
import type { TestResult } from "./messages.ts"
import { Pool } from "./pool.ts"
import type { ReportedTest } from "./tally.ts"
import { allTests, isLongTest, isUnitTest, SERVER_TITLE, testsThatFit } from "./test-files.ts"

const usage = `Usage: node --import=tsx test/runner/run.ts [options] [file, folder or glob ...]

  --unit          only tests that need no server
  --usual         only those of \`npm test\`
  --long          only those that \`npm test\` leaves out
  --jobs N        processes at a time (default: three for each core, for most tests wait most of the time)
  --report FILE   writes each test's outcome there, as JSON
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    unit: { type: "boolean", default: false },
    usual: { type: "boolean", default: false },
    long: { type: "boolean", default: false },
    jobs: { type: "string", default: String(3 * availableParallelism()) },
    report: { type: "string" },
    help: { type: "boolean", default: false },
  },
})
const jobs = Number(values.jobs)
if (values.help || !Number.isInteger(jobs) || jobs < 1) {
  process.stderr.write(usage)
  process.exit(values.help ? 0 : 2)
}

const found = positionals.length > 0 ? await testsThatFit(positionals) : await allTests()
const files = found.filter(
  (file) =>
    (!values.unit || isUnitTest(file)) && (!values.usual || !isLongTest(file)) && (!values.long || isLongTest(file)),
)
if (files.length === 0) {
  process.stderr.write(`there is no such test: ${positionals.join(" ")}\n`)
  process.exit(1)
}

const treeBefore = await treeState(projectDir)
const folder = mkdtempSync(join(tmpdir(), "shopwire-tests-"))
process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
/** The run's folder for temporary files: empty at its end. */
const temporary = join(folder, "tmp")
mkdirSync(temporary)
keepCacheOfTsx(temporary)
const mark = randomUUID()
const env = {
  ...process.env,
  TMPDIR: temporary,
  [RUN_VARIABLE]: mark,
  ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : {}),
}

let interrupted: NodeJS.Signals | undefined
let stopTests = (): void => {}
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    interrupted = signal
    stopTests()
  })
}

// Once for all, before several processes find that they must. A run within a run finds it done. An interrupted run waits for these builds,
// because whoever waits for the run may remove the folder that they write to.
if (process.env[RUN_VARIABLE] === undefined && files.some((file) => !isUnitTest(file))) {
  await Promise.all([buildPages(), compile()])
}

const durations = new Durations(join(cacheDir, "test-durations.json"))
const tests: ReportedTest[] = []
const pool = new Pool(durations.longestFirst(files), {
  jobs: Math.min(jobs, files.length),
  outputDir: folder,
  env,
  without: values.unit ? SERVER_TITLE : "",
  onFile: ({ file, durationMs, cpuMs, tests: ofFile }, output, crash) => {
    process.stdout.write(`\n${file} (${seconds(durationMs)}, CPU ${seconds(cpuMs)})${output}`)
    for (const test of ofFile) tests.push({ file, ...test })
    if (crash === undefined) durations.learn(file, durationMs)
    else {
      process.stdout.write(`${file}: ${crash}\n`)
      tests.push({ file, title: `(the file as a whole: ${crash})`, state: "failed" })
    }
  },
})
stopTests = () => pool.stop()
if (interrupted === undefined) await pool.run()
durations.save()

const failedTests = tests.filter(({ state }) => state === "failed")
if (failedTests.length > 0) {
  // With the reason once more, for of a long output one often has the end only.
  process.stdout.write(`\nFailed:\n${failedTests.map(failureText).join("\n")}\n`)
}
const left = await leftBehind()
if (left.length > 0) {
  process.stdout.write(`\nThe run left something behind:\n${left.map((line) => `  - ${line}`).join("\n")}\n`)
  tests.push({ file: "", title: "(the run leaves nothing behind)", state: "failed" })
}
if (values.report !== undefined) writeFileSync(values.report, JSON.stringify(tests))
const count = (state: TestResult["state"]): number => tests.filter((test) => test.state === state).length
const totals = `${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped\n`
process.stdout.write(`\n${totals}`)
if (interrupted === undefined && process.env.TEST_RESULT_FILE !== undefined) {
  writeFileSync(process.env.TEST_RESULT_FILE, totals)
}
process.exitCode = interrupted !== undefined || count("failed") > 0 ? 1 : 0

function failureText({ file, title, error = "" }: ReportedTest): string {
  return `  - ${file}: ${title}\n${error.replace(/^(?=.)/gm, "      ")}`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/** tsx keeps what it has compiled in the folder for temporary files, for all runs. */
function keepCacheOfTsx(inside: string): void {
  const name = `tsx-${process.geteuid?.() ?? userInfo().username}`
  const kept = join(tmpdir(), name)
  mkdirSync(kept, { recursive: true })
  symlinkSync(kept, join(inside, name))
}

async function leftBehind(): Promise<string[]> {
  const processes = await leftProcesses(mark, interrupted === undefined ? undefined : 0)
  for (const { pid } of processes) process.kill(pid, "SIGKILL")
  const changes = changesBetween(treeBefore, await treeState(projectDir))
  return [
    ...processes.map(({ pid, command }) => `process ${pid}: ${command}`),
    ...leftFiles(temporary).map((name) => `temporary file ${name}`),
    ...changes.map((path) => `change of ${path} (by a test, unless you have changed it meanwhile)`),
  ]
}
