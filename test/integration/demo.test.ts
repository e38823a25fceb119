import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { expect } from "chai"
import type { ShownEvent } from "../../contract/publish-event.ts"
import { shops } from "../../tools/demo/catalogue.ts"
import { script } from "../../tools/demo/script.ts"
import type { DemoEvent } from "../../tools/demo/visit.ts"
import { compiledProgram } from "../helpers/compiled.ts"
import { useProduct } from "../helpers/product.ts"
import { getFeed, resRequest } from "../helpers/res.ts"
import { Storefront } from "../helpers/storefront.ts"
import { until } from "../helpers/until.ts"

const [first] = shops
const shopId = first?.shop_id ?? ""

/** The first events of a seed in the first shop. */
function* eventsOf(seed: number): Generator<DemoEvent> {
  for (const step of script(seed)) if (step.type === "publish" && step.event.shop_id === shopId) yield step.event
}

describe("npm run demo", () => {
  const product = useProduct()
  let program: string
  let demo: ChildProcess | undefined
  let output = ""

  before(async () => {
    program = await compiledProgram("tools/demo/main")
  })

  after(() => void demo?.kill("SIGKILL"))

  function start(args: string[], settings: NodeJS.ProcessEnv = {}): ChildProcess {
    output = ""
    const child = spawn(process.execPath, [program, ...args], {
      env: { ...process.env, EDGE_URL: product.edgeUrl, ...settings },
      stdio: ["ignore", "pipe", "pipe"],
    })
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text
      })
    demo = child
    return child
  }

  async function ended(child: ChildProcess): Promise<number | null> {
    // Not "exit": its last lines may come after that.
    const [status] = await once(child, "close")
    return status
  }

  /** All events of the first shop, oldest first. */
  async function published(): Promise<ShownEvent[]> {
    const all = await getFeed(product.nats, shopId)
    for (;;) {
      const older = await getFeed(product.nats, shopId, `before=${all.at(-1)?.seq}&limit=500`)
      if (older.length === 0) return all.reverse()
      all.push(...older)
    }
  }

  const multicart = async (): Promise<unknown[]> =>
    (await resRequest(product.nats, "get.session.demo.multicart")).result.collection

  it("plays the script of its seed, with two friends, who leave when it is stopped by Ctrl-C", async () => {
    const child = start(["--seed", "7", "--rate", "6000"])
    await until("a hundred events", async () => (await getFeed(product.nats, shopId)).length === 100)
    await until("the two friends", async () => (await multicart()).length === 2)
    child.kill("SIGINT")
    expect(await ended(child)).to.equal(0)
    expect(output).to.include(`${product.edgeUrl}: seed 7, 6000 events a minute`)
    expect(output.split("\n").filter((line) => /could not|answer/.test(line))).to.deep.equal([])
    expect(await multicart()).to.deep.equal([])

    // The last event may have been on its way when the demo was stopped, and the figures may be a second old.
    const { all, stats } = await until("the figures of all events", async () => {
      const { result } = await resRequest(product.nats, `get.store.${shopId}.stats`)
      const found = await published()
      return result.model.events === found.length && { all: found, stats: result.model }
    })
    const expected = eventsOf(7)
    for (const event of all) {
      const { seq: _, received_at: __, create_time: ___, ...sent } = event
      expect(sent).to.deep.equal(expected.next().value)
    }
    expect(stats.baskets_open).to.be.above(0)
  })

  it("goes on by itself when the service was away, and joins a session that has a host", async () => {
    const host = await Storefront.open(product.edgeUrl, "demo")
    await host.start("Visitor")
    const child = start(["--seed", "8", "--rate", "3000"])
    await until("the friends beside the visitor", () => host.sees?.length === 3)
    await product.stopService()
    await until("the demo to notice", () => output.includes("trying again"))
    await product.restartService()
    await until("the demo to go on", () => output.includes("going on"))
    child.kill("SIGTERM")
    expect(await ended(child)).to.equal(0)
    await until("the visitor to be alone", () => host.sees?.length === 1)
    await host.close()
  })

  it("ends with one line for a wrong argument", async () => {
    expect(await ended(start(["--rate", "fast"]))).to.equal(1)
    expect(output).to.equal("--rate fast: expected a whole number from 1 to 6000\n")
  })
})
