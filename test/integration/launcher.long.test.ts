import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { expect } from "chai"
import { samplePublishEvent } from "../../contract/publish-event.ts"
import { stillRuns } from "../../tools/programs/process-identity.ts"
import { LauncherKit } from "../helpers/launcher.ts"
import { block, freePort } from "../helpers/ports.ts"
import { skip } from "../helpers/skip.ts"
import { until } from "../helpers/until.ts"

describe("npm start", () => {
  let kit: LauncherKit

  before(async () => {
    kit = await LauncherKit.create()
  })

  after(() => kit.end())

  it("runs the product: the printed curl lines publish an event and show it in the feed", async function () {
    const run = await kit.ready(kit.start())
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

  it("gives the demo's shops their profiles, unless somebody has set one", async () => {
    const url = `${kit.gatewayUrl}/api/store/${samplePublishEvent.shop_id}/profile`
    const profile = async () => await (await fetch(url)).json()
    expect(await profile()).to.include({ name: "Corner Grocery", currency: "EUR", time_zone: "Europe/Berlin" })
    await fetch(`${url}/set`, { method: "POST", body: JSON.stringify({ name: "Our Grocery" }) })
    kit.current.process.kill("SIGINT")
    await kit.current.ended
    await kit.ready(kit.start())
    expect(await profile()).to.include({ name: "Our Grocery", currency: "EUR" })
  })

  it("starts a child that was killed again, and says so", async () => {
    const run = kit.current
    for (const name of ["edge", "nats"]) {
      const victim = kit.known.find((process) => process.name === name)
      process.kill(victim?.pid ?? 0, "SIGKILL")
      await until(`${name} ended`, () => run.stdout().includes(`${name} ended (SIGKILL)`))
      await until("ready again", async () => (await edgeIsReady()) && (await gatewayIsReady()))
    }
    await until("the event in the feed", async () => (await feedLength()) === 1)
    await kit.remember()
  })

  it("refuses to start a second time on the same DATA_DIR", async () => {
    const second = kit.start()
    expect(await second.ended).to.deep.equal([1, null])
    expect(second.stderr()).to.match(/^another launcher \(process \d+\) is at work in DATA_DIR=.*\n$/)
    kit.forget(second)
  })

  it("stops everything in order on Ctrl-C, with status 0, and keeps the event for the next start", async () => {
    const run = kit.current
    run.process.kill("SIGINT")
    // As npm does, which passes on what the terminal has sent already: not a second Ctrl-C.
    run.process.kill("SIGINT")
    expect(await run.ended).to.deep.equal([0, null])
    expect(run.stdout()).to.match(/SIGINT: stopping.*stopped\n$/s)
    expect(kit.known.filter(stillRuns)).to.deep.equal([])

    await kit.ready(kit.start())
    expect(await feedLength()).to.equal(1)
  })

  it("starts again after a kill -9 of everything, and has lost nothing", async () => {
    await publishSample()
    for (const { pid } of kit.known) process.kill(pid, "SIGKILL")
    kit.current.process.kill("SIGKILL")
    await kit.current.ended

    await kit.ready(kit.start())
    expect(await feedLength()).to.equal(2)
  })

  it("starts again at once after a kill -9 of the launcher alone, whose children don't outlive it", async () => {
    const orphans = kit.known
    kit.current.process.kill("SIGKILL")
    await kit.current.ended

    await kit.ready(kit.start())
    expect(orphans.filter(stillRuns)).to.deep.equal([])
    expect(await feedLength()).to.equal(2)

    kit.current.process.kill("SIGKILL")
    await until("the last orphans are gone", () => kit.known.every((process) => !stillRuns(process)))
  })

  it("plays the demo with --demo, says so, and stops it with all else", async () => {
    const run = await kit.ready(kit.start({}, ["--demo", "--seed", "3", "--rate", "3000"]))
    expect(run.stdout()).to.include("The demo plays in this shop and two more (seed 3, 3000 events a minute)")
    await until("events of the demo", async () => (await feedLength()) > 10)
    await kit.remember()
    expect(kit.known.map(({ name }) => name)).to.include("demo")
    run.process.kill("SIGINT")
    expect(await run.ended).to.deep.equal([0, null])
    expect(kit.known.filter(stillRuns)).to.deep.equal([])
  })

  it("stops with one line at --demo without a token that tokens ask for, or with a wrong argument", async () => {
    const refused = kit.start({ AUTH: "jwks" }, ["--demo"])
    expect(await refused.ended).to.deep.equal([1, null])
    expect(refused.stderr()).to.equal("--demo with AUTH=jwks: expected DEMO_TOKEN, a token that may publish\n")
    const wrong = kit.start({}, ["--demo", "--rate", "x"])
    expect(await wrong.ended).to.deep.equal([1, null])
    expect(wrong.stderr()).to.equal("--rate x: expected a whole number from 1 to 6000\n")
  })

  it("names taken ports with the settings that move them, before it starts anything", async () => {
    const [edge, nats] = [await block(), await block()]
    const run = kit.start({ EDGE_PORT: `${edge.port}`, NATS_PORT: `${nats.port}` })
    expect(await run.ended).to.deep.equal([1, null])
    expect(run.stderr()).to.equal(
      `port ${edge.port} is taken: set EDGE_PORT to another, or stop what listens there\n` +
        `port ${nats.port} is taken: set NATS_PORT to another, or stop what listens there\n`,
    )
    expect(run.stdout()).to.equal("")
    await Promise.all([edge.free(), nats.free()])
  })

  it("stops at a wrong setting with one line", async () => {
    const run = kit.start({ REQUEST_TIMEOUT_MS: "soon" })
    expect(await run.ended).to.deep.equal([1, null])
    expect(run.stderr()).to.equal('REQUEST_TIMEOUT_MS="soon": expected a whole number from 100 to 60000\n')
  })

  it("stops with one line at a NATS_SERVER_BIN that is none", async () => {
    const nowhere = kit.start({ NATS_SERVER_BIN: "/nowhere", NATS_PORT: `${await freePort()}` })
    expect(await nowhere.ended).to.deep.equal([1, null])
    expect(nowhere.stderr()).to.equal("NATS_SERVER_BIN=/nowhere: expected the path of an executable file\n")
  })

  async function publishSample(): Promise<void> {
    const response = await fetch(`${kit.edgeUrl}/publish/${samplePublishEvent.shop_id}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(samplePublishEvent),
    })
    expect(response.status).to.equal(200)
  }

  function feedUrl(): string {
    return `${kit.gatewayUrl}/api/store/${samplePublishEvent.shop_id}/feed`
  }

  /** -1: it cannot be had. */
  async function feedLength(): Promise<number> {
    const response = await fetch(feedUrl())
    return response.status === 200 ? ((await response.json()) as unknown[]).length : -1
  }

  async function edgeIsReady(): Promise<boolean> {
    const answer = await fetch(`${kit.edgeUrl}/readyz`).catch(() => undefined)
    return answer?.status === 200
  }

  async function gatewayIsReady(): Promise<boolean> {
    const answer = await fetch(feedUrl()).catch(() => undefined)
    return answer?.status === 200
  }
})
