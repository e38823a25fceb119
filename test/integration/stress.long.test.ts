import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, statSync } from "node:fs"
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { getPriority, tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { expect } from "chai"
import { projectDir } from "../../config/project-dir.ts"
import { processIdentity } from "../../tools/programs/process-identity.ts"
import { skip } from "../helpers/skip.ts"
import { until } from "../helpers/until.ts"
import { BusyLoops } from "../runner/busy-loops.ts"
import { cloneProject } from "../runner/clone.ts"

/** On Linux in memory, while temporary files usually are on a disk. */
const OTHER = "/dev/shm"
const AUTHOR = ["-c", "user.name=test", "-c", "user.email=test@localhost"]

describe("npm run test:stress", () => {
  it("runs the chosen files in fresh clones, says what came of it, and removes the clones", async function () {
    if (!existsSync(join(projectDir, ".git"))) skip(this, "a git repository")
    const folder = await mkdtemp(join(tmpdir(), "shopwire-stress-test-"))
    try {
      const args = ["--runs", "2", "--only", "test/unit/clients/backoff*.test.ts"]
      const child = spawn(process.execPath, ["--import=tsx", join(projectDir, "test/runner/stress.ts"), ...args], {
        env: { ...process.env, TMPDIR: folder },
      })
      const [stdout, stderr, [status]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, "close"),
      ])
      expect(status, stdout + stderr).to.equal(0)
      expect(stdout).to.match(/run 1: \d+ tests, 0 failed, \d+ s, load average [\d.]+ /)
      expect(stdout).to.match(/run 2: \d+ tests, 0 failed, /)
      expect(stdout).to.match(/\n0 of \d+ tests failed in 2 of 2 runs\n$/)
      expect((await readdir(folder)).filter((name) => !name.startsWith("tsx-"))).to.deep.equal([])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it("refuses what is no number of runs with the usage", async () => {
    const child = spawn(process.execPath, ["--import=tsx", join(projectDir, "test/runner/stress.ts"), "--runs", "x"])
    const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, "close")])
    expect(status).to.equal(2)
    expect(stderr).to.include("Usage: npm run test:stress")
  })
})

describe("cloneProject()", () => {
  it("copies where it can't make hard links: to another file system", async function () {
    if (!existsSync(OTHER) || statSync(OTHER).dev === statSync(tmpdir()).dev)
      skip(this, `another file system at ${OTHER}`)
    const project = await mkdtemp(join(tmpdir(), "shopwire-stress-test-"))
    const others = await mkdtemp(join(OTHER, "shopwire-stress-test-"))
    try {
      for (const args of [["init"], [...AUTHOR, "commit", "--allow-empty", "--message", "first"]])
        expect(spawnSync("git", ["-C", project, ...args]).status).to.equal(0)
      await mkdir(join(project, "node_modules"))
      await writeFile(join(project, "node_modules", "a"), "")
      process.env.TMPDIR = others
      const clone = await cloneProject(project)
      expect(await readdir(clone.folder)).to.deep.equal([".git", "node_modules"])
      await clone.remove()
      expect(await readdir(others)).to.deep.equal([])
    } finally {
      await rm(project, { recursive: true })
      await rm(others, { recursive: true })
    }
  })
})

describe("BusyLoops", () => {
  it("are processes of low priority that stop() ends", async () => {
    const loops = new BusyLoops(2)
    expect(loops.pids.map((pid) => getPriority(pid))).to.deep.equal([10, 10])
    await loops.stop()
    expect(loops.pids.map(processIdentity)).to.deep.equal([undefined, undefined])
  })

  it("end by themselves when what has started them was killed", async () => {
    const module = new URL("../runner/busy-loops.ts", import.meta.url).href
    const program = `import { BusyLoops } from ${JSON.stringify(module)}; console.log(new BusyLoops(1).pids[0])`
    const child = spawn(process.execPath, ["--import=tsx", "--input-type=module", "--eval", program], {
      cwd: projectDir,
      stdio: ["ignore", "pipe", "inherit"],
    })
    const [pid] = await once(child.stdout.setEncoding("utf8"), "data").then(([line]) => [Number(line)])
    expect(processIdentity(pid ?? 0)).to.include("busy-loop")
    child.kill("SIGKILL")
    await until("the loop to be gone", () => processIdentity(pid ?? 0) === undefined)
  })
})
