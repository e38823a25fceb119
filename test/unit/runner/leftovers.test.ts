import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { runCommand } from "../../../tools/programs/run-command.ts"
import { skip } from "../../helpers/skip.ts"
import { until } from "../../helpers/until.ts"
import { changesBetween, leftFiles, leftProcesses, RUN_VARIABLE, treeState } from "../../runner/leftovers.ts"

describe("what a test run leaves behind", () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "shopwire-leftovers-"))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  it("is a process that has inherited the run's mark, in whatever group and session, until it has ended", async function () {
    if (!existsSync("/proc/self/environ")) skip(this, "/proc")
    const mark = randomUUID()
    const env = { ...process.env, [RUN_VARIABLE]: mark }
    const child = spawn(process.execPath, ["--eval", "setInterval(() => {}, 1000)"], { env, detached: true })
    const left = await until("the process to be there", async () => {
      const [first] = await leftProcesses(mark, 0)
      return first?.command.includes("setInterval") ? first : undefined
    })
    expect(left.pid).to.equal(child.pid)
    expect(await leftProcesses(randomUUID(), 0)).to.deep.equal([])
    child.kill("SIGKILL")
    await once(child, "exit")
    expect(await leftProcesses(mark)).to.deep.equal([])
  })

  it("is a file in the folder for temporary files, but not tsx's cache", () => {
    writeFileSync(join(folder, "forgotten"), "")
    mkdirSync(join(folder, "tsx-0"))
    expect(leftFiles(folder)).to.deep.equal(["forgotten"])
  })

  it("is a file of the tree that was added, changed or deleted, ignored ones too, but nothing that a build makes", async () => {
    const git = async (...args: string[]): Promise<void> => {
      const { ok, reason } = await runCommand("git", args, { cwd: folder, timeoutMs: 30_000 })
      if (!ok) throw new Error(reason)
    }
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)
    await git("init", "--quiet")
    write(".gitignore", "*.log\ndist/\n")
    for (const name of ["kept", "changed", "deleted"]) write(name, "1")
    await git("add", ".")
    await git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", "first")
    write("changed", "2")
    write("known", "1")
    const before = await treeState(folder)
    expect(changesBetween(before, await treeState(folder))).to.deep.equal([])

    write("changed", "3")
    write("known", "2")
    write("added", "1")
    write("some.log", "1")
    rmSync(join(folder, "deleted"))
    mkdirSync(join(folder, "dist"))
    write("dist/built", "1")
    const changes = changesBetween(before, await treeState(folder))
    expect(changes).to.deep.equal(["added", "changed", "deleted", "known", "some.log"])
  })
})
