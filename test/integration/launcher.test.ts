import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { type AddressInfo, createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect } from "chai"
import { samplePublishEvent } from "../../service/schemas/publish-event.ts"
import { type KnownProcess, stillRuns } from "../../tools/process-identity.ts"
import { skip } from "../helpers/skip.ts"
import { until } from "../helpers/until.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))

/** Time for each step: a start, a stop, a restart. */
const DEADLINE_MS = 20_000

/** A launcher, what it printed, and how it ended. */
interface Run {
  readonly process: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves to [exit code, signal]. */
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>
}

describe("npm start", function () {
  this.timeout(60_000)
  const runs: Run[] = []
  const blockers: Server[] = []
  let dataDir: string
  let ports: { EDGE_PORT: string; GATEWAY_PORT: string; NATS_PORT: string }
  let known: readonly (KnownProcess & { name: string })[] = []

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "shopwire-launcher-"))
    const [edge, gateway, nats] = await Promise.all([block(), block(), block()])
    await unblock()
    ports = { EDGE_PORT: `${edge}`, GATEWAY_PORT: `${gateway}`, NATS_PORT: `${nats}` }
  })

  after(async () => {
    for (const run of runs) run.process.kill("SIGKILL")
    await unblock()
    await until("all processes gone", () => known.every((process) => !stillRuns(process)), DEADLINE_MS)
    await rm(dataDir, { recursive: true, force: true })
  })

  it("runs the product: the printed curl lines publish an event and show it in the feed", async function () {
    const run = await ready(start())
    const lines = run.stdout().split("\n")
    const [publish = "", feed = ""] = lines.filter((line) => line.startsWith("curl "))
    expect(publish).to.include(JSON.stringify(samplePublishEvent))
    const sh = promisify(execFile)
    await sh("curl", ["--version"]).catch(() => skip(this, "there is no curl on this machine"))

    const published = await sh("sh", ["-c", publish])
    expect(published.stdout).to.equal(`{"status":"Message sent to shop ID ${samplePublishEvent.shop_id}"}`)
    const shown = await sh("sh", ["-c", feed])
    expect(JSON.parse(shown.stdout)).to.have.length(1)
    expect(JSON.parse(shown.stdout)[0]).to.include(samplePublishEvent)
  })

  it("starts a child that was killed again, and says so", async () => {
    const run = current()
    for (const name of ["edge", "nats"]) {
      const victim = known.find((process) => process.name === name)
      process.kill(victim?.pid ?? 0, "SIGKILL")
      await until(`${name} ended`, () => run.stdout().includes(`${name} ended (SIGKILL)`), DEADLINE_MS)
      await until("ready again", async () => (await edgeIsReady()) && (await gatewayIsReady()), DEADLINE_MS)
    }
    expect(await feedLength()).to.equal(1)
    await remember()
  })

  it("refuses to start a second time on the same DATA_DIR", async () => {
    const second = start()
    expect(await second.ended).to.deep.equal([1, null])
    expect(second.stderr()).to.match(/^another launcher \(process \d+\) is at work in DATA_DIR=.*\n$/)
    runs.pop()
  })

  it("stops everything in order on Ctrl-C, with status 0, and keeps the event for the next start", async () => {
    const run = current()
    run.process.kill("SIGINT")
    // As npm does, which passes on what the terminal has sent already: not a second Ctrl-C.
    run.process.kill("SIGINT")
    expect(await run.ended).to.deep.equal([0, null])
    expect(run.stdout()).to.match(/SIGINT: stopping.*stopped\n$/s)
    expect(known.filter(stillRuns)).to.deep.equal([])

    await ready(start())
    expect(await feedLength()).to.equal(1)
  })

  it("starts again after a kill -9 of everything, and has lost nothing", async () => {
    await publishSample()
    for (const { pid } of known) process.kill(pid, "SIGKILL")
    current().process.kill("SIGKILL")
    await current().ended

    await ready(start())
    expect(await feedLength()).to.equal(2)
  })

  it("starts again at once after a kill -9 of the launcher alone, whose children don't outlive it", async () => {
    const orphans = known
    current().process.kill("SIGKILL")
    await current().ended

    await ready(start())
    expect(orphans.filter(stillRuns)).to.deep.equal([])
    expect(await feedLength()).to.equal(2)

    current().process.kill("SIGKILL")
    await until("the last orphans are gone", () => known.every((process) => !stillRuns(process)), DEADLINE_MS)
  })

  it("names taken ports with the settings that move them, before it starts anything", async () => {
    const [edge, nats] = [await block(), await block()]
    const run = start({ EDGE_PORT: `${edge}`, NATS_PORT: `${nats}` })
    expect(await run.ended).to.deep.equal([1, null])
    expect(run.stderr()).to.equal(
      `port ${edge} is taken: set EDGE_PORT to another, or stop what listens there\n` +
        `port ${nats} is taken: set NATS_PORT to another, or stop what listens there\n`,
    )
    expect(run.stdout()).to.equal("")
  })

  it("stops at a wrong setting with one line", async () => {
    const run = start({ REQUEST_TIMEOUT_MS: "soon" })
    expect(await run.ended).to.deep.equal([1, null])
    expect(run.stderr()).to.equal('REQUEST_TIMEOUT_MS="soon": expected a whole number from 100 to 60000\n')
  })

  it("stops with one line at a NATS_SERVER_BIN that is none", async () => {
    const port = await block()
    await unblock()
    const nowhere = start({ NATS_SERVER_BIN: "/nowhere", NATS_PORT: `${port}` })
    expect(await nowhere.ended).to.deep.equal([1, null])
    expect(nowhere.stderr()).to.equal("NATS_SERVER_BIN=/nowhere: expected the path of an executable file\n")
  })

  /** Starts the launcher from its sources; each one's processes are looked after by `after`. */
  function start(settings: NodeJS.ProcessEnv = {}): Run {
    const args = ["--import=tsx", "--conditions=@res-service/source", join(root, "tools/start.ts")]
    // A gateway or a NATS that is given for the tests would not see what this launcher publishes.
    const given = { NATS_URL: "", RESGATE_URL: "", NODE_ENV: "", LOG_LEVEL: "" }
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ...given, DATA_DIR: dataDir, ...ports, ...settings },
      stdio: ["ignore", "pipe", "pipe"],
    })
    const seen = { stdout: "", stderr: "" }
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      seen.stdout += text
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      seen.stderr += text
    })
    const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>
    const run = { process: child, stdout: () => seen.stdout, stderr: () => seen.stderr, ended }
    runs.push(run)
    return run
  }

  async function ready(run: Run): Promise<Run> {
    await until(
      "the launcher is ready",
      () => {
        if (run.process.exitCode !== null) throw new Error(`it ended:\n${run.stdout()}${run.stderr()}`)
        return run.stdout().includes("Ctrl-C stops everything.")
      },
      DEADLINE_MS,
    )
    await remember()
    return run
  }

  /** Notes the processes at work, to see later that they are gone. */
  async function remember(): Promise<void> {
    known = JSON.parse(await readFile(join(dataDir, "launcher.json"), "utf8")).children
    expect(known.map(({ name }) => name)).to.include.members(["nats", "service", "edge"])
  }

  function current(): Run {
    const run = runs.at(-1)
    if (run === undefined) throw new Error("no launcher was started")
    return run
  }

  async function publishSample(): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${ports.EDGE_PORT}/publish/${samplePublishEvent.shop_id}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(samplePublishEvent),
    })
    expect(response.status).to.equal(200)
  }

  function feedUrl(): string {
    return `http://127.0.0.1:${ports.GATEWAY_PORT}/api/store/${samplePublishEvent.shop_id}/feed`
  }

  async function feedLength(): Promise<number> {
    const response = await fetch(feedUrl())
    expect(response.status).to.equal(200)
    const feed = (await response.json()) as unknown[]
    return feed.length
  }

  async function edgeIsReady(): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${ports.EDGE_PORT}/readyz`).catch(() => undefined)
    return answer?.status === 200
  }

  async function gatewayIsReady(): Promise<boolean> {
    const answer = await fetch(feedUrl()).catch(() => undefined)
    return answer?.status === 200
  }

  /** Listens on a free port until `unblock`. */
  async function block(): Promise<number> {
    const server = createServer().listen(0, "127.0.0.1")
    blockers.push(server)
    await once(server, "listening")
    return (server.address() as AddressInfo).port
  }

  async function unblock(): Promise<void> {
    await Promise.all(blockers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))))
  }
})
