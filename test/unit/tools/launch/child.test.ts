import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { Child } from "../../../../tools/launch/child.ts"
import { processIdentity } from "../../../../tools/programs/process-identity.ts"
import { until } from "../../../helpers/until.ts"

describe("Child", () => {
  const running: Child[] = []

  /** Runs a program given as JavaScript, and keeps what it prints and what is said of it. */
  const run = (program: string) => {
    const seen = { lines: [] as string[], said: [] as string[], pids: [] as number[], gone: [] as number[] }
    const child = new Child({
      name: "child",
      file: process.execPath,
      args: ["--eval", program],
      line: (text) => seen.lines.push(text),
      say: (text) => seen.said.push(text),
      onStart: (pid) => seen.pids.push(pid),
      onExit: (pid) => seen.gone.push(pid),
    })
    running.push(child)
    child.start()
    return { child, seen }
  }

  afterEach(() => {
    for (const child of running.splice(0)) child.kill()
  })

  it("starts a process that died again with growing pauses, says so, and after three times calls it hopeless", async () => {
    const { child, seen } = run('console.error("no luck"); process.exit(7)')
    expect(child.hopeless()).to.equal(undefined)
    await until("three exits", () => seen.said.length === 3)
    expect(seen.said.map((line) => line.replace(/after \S+ s/, "after N s"))).to.deep.equal([
      "child ended (exit code 7) after N s: starting it again in 250 ms",
      "child ended (exit code 7) after N s: starting it again in 500 ms",
      "child ended (exit code 7) after N s: starting it again in 1000 ms",
    ])
    expect(child.hopeless()).to.equal("child ended 3 times, last with exit code 7: no luck")
    expect(seen.gone).to.deep.equal(seen.pids).and.have.length(3)
  })

  it("stops by SIGTERM, hears the last lines, and does not start again", async () => {
    const { child, seen } = run(
      'process.on("SIGTERM", () => { console.log("drained"); process.exit(0) }); console.log("up"); setInterval(() => {}, 1000)',
    )
    await until("up", () => seen.lines.includes("up"))
    await child.stop()
    expect(seen.lines).to.deep.equal(["up", "drained"])
    expect(seen.said).to.deep.equal([])
    expect(seen.pids.map(processIdentity)).to.deep.equal([undefined])
  })

  it("does not start again when it is stopped during the pause", async () => {
    const { child, seen } = run("process.exit(1)")
    await until("the first exit", () => seen.said.length === 1)
    await child.stop()
    await sleep(400)
    expect(seen.pids).to.have.length(1)
  })

  it("runs once when two restarts overlap", async () => {
    const { child, seen } = run("setInterval(() => {}, 1000)")
    await Promise.all([child.restart(), child.restart()])
    expect(seen.pids).to.have.length(2)
    expect(seen.pids.filter((pid) => processIdentity(pid) !== undefined)).to.have.length(1)
  })

  it("is out of a Ctrl-C's reach: leads a process group of its own", async () => {
    const { seen } = run("setInterval(() => {}, 1000)")
    const [pid = 0] = seen.pids
    // Signal 0 to the group of that number: throws if there is none.
    expect(process.kill(-pid, 0)).to.equal(true)
  })

  it("says so when the program is not there", async () => {
    const said: string[] = []
    const noop = (): void => {}
    const options = { name: "child", file: "/nowhere", args: [], line: noop, onStart: noop, onExit: noop }
    const child = new Child({ ...options, say: (text) => said.push(text) })
    running.push(child)
    child.start()
    await until("a line", () => said.length > 0)
    expect(said[0]).to.include("ENOENT")
  })
})
