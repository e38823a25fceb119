import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { expect } from "chai"
import { projectDir } from "../../config/project-dir.ts"
import { processIdentity } from "../../tools/programs/process-identity.ts"
import { skip } from "../helpers/skip.ts"
import { until } from "../helpers/until.ts"

describe("test/runner/run.ts", () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "shopwire-runner-"))
  })

  afterEach(() => rm(folder, { recursive: true }))

  /** Writes test files of this content. */
  async function testFiles(...contents: string[]): Promise<string[]> {
    const files = contents.map((_, i) => join(folder, `${i}.test.ts`))
    for (const [i, content] of contents.entries()) await writeFile(files[i] ?? "", content)
    return files
  }

  /** Runs with these arguments; gives the status, what was printed, and the last line, the totals. */
  async function run(...given: string[]) {
    const totalsFile = join(folder, "totals")
    const args = [
      "--import=tsx",
      join(projectDir, "test/runner/run.ts"),
      "--report",
      join(folder, "report.json"),
      ...given,
    ]
    const child = spawn(process.execPath, args, { env: { ...process.env, TEST_RESULT_FILE: totalsFile } })
    const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")])
    const totals = existsSync(totalsFile) ? (await readFile(totalsFile, "utf8")).trim() : undefined
    return { status, output: stdout + stderr, totals }
  }

  it("ends with 0 when each test passes, and adds up what all files have", async () => {
    const files = await testFiles(
      'it("first", () => {})',
      'it("second", () => {}); it("third", function () { this.skip() })',
    )
    const { status, output, totals } = await run(...files)
    expect([status, totals], output).to.deep.equal([0, "2 passed, 0 failed, 1 skipped"])
    const report = JSON.parse(await readFile(join(folder, "report.json"), "utf8"))
    expect(report.map(({ title, state }: { title: string; state: string }) => `${title} ${state}`)).to.have.members([
      "first passed",
      "second passed",
      "third skipped",
    ])
  })

  it("gives each file the environment of the run, whatever the files before it have changed", async () => {
    const check = 'if (process.env.OF_ANOTHER !== undefined || process.env.HOME === "") throw new Error("changed")'
    const change = 'process.env.OF_ANOTHER = "1"; process.env.HOME = ""'
    const test = `it("finds it as it was", () => { ${check}; ${change} })`
    const { output, totals } = await run("--jobs=1", ...(await testFiles(test, test)))
    expect(totals, output).to.equal("2 passed, 0 failed, 0 skipped")
  })

  it("takes files of the project by their paths from its root", async () => {
    const { status, output, totals } = await run(
      "--jobs=1",
      "res-service/test/pattern.test.ts",
      "test/unit/clients/backoff.test.ts",
    )
    expect(status, output).to.equal(0)
    expect(totals).to.match(/^[1-9]\d* passed, 0 failed, 0 skipped$/)
  })

  it("takes long files only, or all others, when asked", async () => {
    for (const [option, file] of [
      ["--usual", "test/chaos/kill.long.test.ts"],
      ["--long", "test/unit/clients/backoff.test.ts"],
    ] as const) {
      const { status, output } = await run(option, file)
      expect([status, output]).to.deep.equal([1, `there is no such test: ${file}\n`])
    }
  })

  it("ends with 1 and says why for each file with which something is wrong, and runs the others", async () => {
    const wrong: [content: string, failed: string, said: string][] = [
      ['it("breaks", () => { throw new Error("on purpose") })', "breaks", "Error: on purpose"],
      ['it("strays", async () => { void Promise.reject(new Error("stray")); await null })', "strays", "Error: stray"],
      ['throw new Error("no such luck")', "(the file as a whole: its process ended with 1)", "Error: no such luck"],
      ["", "(has tests)", "0 passing"],
      ['it("a", () => process.exit(0))', "(the file as a whole: its process ended with 0)", "its process ended with 0"],
      [
        'it("runs on", () => { setInterval(() => {}, 1000) })',
        "(the file as a whole: its process ended with 1)",
        "something they started still runs: Timeout",
      ],
    ]
    const files = await testFiles(...wrong.map(([content]) => content), 'it("is well", () => {})')
    // One process at a time is started the least often.
    const { status, output, totals } = await run("--jobs=1", ...files)
    expect(status, output).to.equal(1)
    const report: { file: string; title: string; state: string }[] = JSON.parse(
      await readFile(join(folder, "report.json"), "utf8"),
    )
    for (const [i, [, failed, said]] of wrong.entries()) {
      const failures = report.filter(({ file, state }) => file.endsWith(`/${i}.test.ts`) && state === "failed")
      expect(failures.map(({ title }) => title)).to.include(failed)
      expect(output).to.include(said)
    }
    const [, failures = ""] = output.split("\nFailed:\n")
    expect(failures).to.match(/^ {2}- .*: breaks\n {6}Error: on purpose\n {6} +at .*0\.test\.ts/m)
    expect(report.filter(({ state }) => state === "passed").map(({ title }) => title)).to.include("is well")
    expect(totals).to.match(/^\d+ passed, [1-9]\d* failed, 0 skipped$/)
  })

  it("ends with 1 when a temporary file and a process are left, and ends the process", async function () {
    if (!existsSync("/proc/self/environ")) skip(this, "/proc")
    const [file = ""] = await testFiles(`
      import { spawn } from "node:child_process"
      import { mkdtempSync } from "node:fs"
      import { tmpdir } from "node:os"
      it("a", () => {
        mkdtempSync(tmpdir() + "/left-")
        const options = { detached: true, stdio: "ignore" } as const
        const child = spawn(process.execPath, ["--eval", "setInterval(() => {}, 1000)"], options)
        child.unref()
        process.stdout.write("started " + child.pid + ".")
      })
    `)
    const { status, output, totals } = await run(file)
    expect([status, totals], output).to.deep.equal([1, "1 passed, 1 failed, 0 skipped"])
    const [, pid] = /started (\d+)\./.exec(output) ?? []
    expect(output).to.include(`process ${pid}: ${process.execPath} --eval setInterval`)
    expect(output).to.include("temporary file left-")
    await until("the process to be gone", () => processIdentity(Number(pid)) === undefined)
  })
})
