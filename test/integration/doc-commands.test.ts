import { randomUUID } from "node:crypto"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { findProgram } from "../../tools/programs/find-program.ts"
import { runDocBlock } from "../helpers/doc-block.ts"
import { publishEvent } from "../helpers/events.ts"
import { useGateway } from "../helpers/gateway.ts"
import { post } from "../helpers/http.ts"
import { startNats } from "../helpers/nats.ts"
import { freePort } from "../helpers/ports.ts"
import { useProduct } from "../helpers/product.ts"
import { getFeed } from "../helpers/res.ts"
import { skip } from "../helpers/skip.ts"
import { until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"

describe("the commands of the docs", () => {
  before(function () {
    for (const program of ["curl", "openssl"]) if (findProgram([program]) === undefined) skip(this, program)
  })

  const product = useProduct()
  const gateway = useGateway(product)
  const addresses = () => ({ "http://127.0.0.1:8000": product.edgeUrl, "http://127.0.0.1:8080": gateway.url })

  const folder = use(async () => {
    const path = await mkdtemp(join(tmpdir(), "shopwire-commands-"))
    return { path, stop: () => rm(path, { recursive: true }) }
  })

  const publish = async (shopper_id: string): Promise<string> => {
    const event = publishEvent({ shop_id: randomUUID(), shopper_id })
    expect((await post(`${product.edgeUrl}/publish/${event.shop_id}`, event)).status).to.equal(200)
    return event.shop_id
  }

  it("publish an event and read it, in the first ten minutes", async () => {
    expect(await runDocBlock("docs/start.md", "publish", { addresses: addresses() })).to.include(
      "Message sent to shop ID",
    )
    const printed = await runDocBlock("docs/start.md", "read", { addresses: addresses() })
    expect(printed).to.include("FUJI Apples").and.include('"status":"open"')
  })

  it("of README work from top to bottom", async () => {
    const run = (name: string) => runDocBlock("README.md", name, { addresses: addresses(), folder: folder.path })
    expect(await run("publish")).to.include("Message sent to shop ID")
    expect(await run("read")).to.include("FUJI Apples")
    expect(await run("baskets")).to.include('"top_products"')
    expect(await run("days")).to.include('"orders"')
    await run("export")
    const [file = ""] = await readdir(folder.path)
    expect(file).to.match(/\.csv$/)
    expect(await readFile(join(folder.path, file), "utf8")).to.include("FUJI Apples")
    expect(await run("erase")).to.include('"shops"')
  })

  it("of history read filtered pages, export, and erase", async () => {
    const run = (name: string) =>
      runDocBlock("docs/history.md", name, { addresses: addresses(), folder: folder.path, env: { seq: "1" } })
    expect(JSON.parse(await run("filter"))).to.deep.equal([])
    await run("export")
    expect(await readdir(folder.path)).to.include.members(["shop.ndjson", "shop.csv"])
    expect(await run("erase")).to.include('"shops"')
  })

  it("read the interfaces as documents", async () => {
    const printed = await runDocBlock("docs/interfaces.md", "read", { addresses: addresses() })
    expect(printed).to.include('"openapi":"3.1').and.include('"asyncapi":"3.').and.include("store.$shop_id.feed")
  })

  it("publish as a producer", async () => {
    const event = publishEvent({ shop_id: randomUUID() })
    const env = { SHOP: event.shop_id, EVENT: JSON.stringify(event) }
    const printed = await runDocBlock("docs/producers.md", "producer", { addresses: addresses(), env })
    expect(printed)
      .to.match(/^HTTP\/1\.1 200 /)
      .and.include("Message sent to shop ID")
  })

  it("look whether all is well", async () => {
    const printed = await runDocBlock("docs/operate/README.md", "look", { addresses: addresses() })
    expect(printed).to.include('"stream":"UPDATES"')
  })

  it("look how far the archive is", async () => {
    const printed = await runDocBlock("docs/operate/README.md", "look-archive", { addresses: addresses() })
    expect(await runDocBlock("docs/archive.md", "status", { addresses: addresses() })).to.equal(printed)
    expect(JSON.parse(printed)).to.include.keys("waiting", "lag_ms", "dead_letters")
  })

  it("make a password that nats-server can read", async () => {
    expect(await runDocBlock("docs/operate/install.md", "password")).to.match(/^[a-z][a-z0-9]{40,}\n$/)
  })

  it("erase a person, and all of a list", async () => {
    const sample = "ab29b2d3-7c8a-446e-a4e1-d8e2a51c0e94"
    const shoppers = [randomUUID(), randomUUID()]
    const shops = await Promise.all([sample, ...shoppers].map(publish))
    const list = join(folder.path, "erased")
    await writeFile(list, `${shoppers.join("\n")}\n`)
    expect(await runDocBlock("docs/operate/erasure.md", "erase", { addresses: addresses() })).to.match(/"stream":[1-9]/)
    const printed = await runDocBlock("docs/operate/erasure.md", "erase-list", {
      env: { ERASED: list },
      addresses: addresses(),
    })
    expect(printed.match(/"stream":1/g)).to.have.length(2)
    for (const shop of shops) await until("an empty feed", async () => (await getFeed(product.nats, shop)).length === 0)
  })

  it("see what takes the room of nats-server, and whether it has read its log", async () => {
    const disk = await runDocBlock("docs/operate/faults.md", "disk", { env: { STORE: product.natsServer.storeDir } })
    expect(disk).to.include("streams/UPDATES")
    const port = await freePort()
    const natsServer = await startNats({ conf: `http: "127.0.0.1:${port}"` })
    const here = { "127.0.0.1:8222": `127.0.0.1:${port}` }
    expect(await runDocBlock("docs/operate/faults.md", "nats-health", { addresses: here })).to.include('"status":"ok"')
    await natsServer.stop()
  })
})
