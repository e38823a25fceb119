// `npm run release-data`: makes test/fixtures/data-<version>.tar.gz, what a release stores, and data-<version>.json, what it shows of that.
// `test/integration/release-data.test.ts` starts on it. Run it on the commit of a release. It runs `npm start` on free ports, publishes
// some events, does a basket's work, sets a profile, shops together, stops everything, and packs the folder of nats-server.
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { jetstreamManager } from "@nats-io/jetstream"
import { connect, type NatsConnection } from "nats"
import { WebSocket } from "ws"
import { projectDir } from "../../config/project-dir.ts"
import { samplePublishEvent } from "../../contract/publish-event.ts"
import { compiledFile } from "../programs/paths.ts"

const SHOPS = [samplePublishEvent.shop_id, "9b2f3c1e-5d64-4c0a-8f1b-2f7a6c3d4e5f"] as const
const BASKETS = ["4e29b2d3-7c8a-446e-a4e1-d8e2a51c0e94", "5f3ac3e4-8d9b-457f-b5f2-e9f3b62d1fa5"] as const
const SESSION = "release~data"

/** How long the parts of the product have to do something, in ms. */
const PATIENCE_MS = 60_000

const { version } = JSON.parse(await readFile(join(projectDir, "package.json"), "utf8")) as { version: string }
const folder = await mkdtemp(join(tmpdir(), "shopwire-release-data-"))
try {
  await make(join(projectDir, `test/fixtures/data-${version}`))
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function make(name: string): Promise<void> {
  const [edge, gateway, nats] = [await freePort(), await freePort(), await freePort()]
  const ports = { EDGE_PORT: String(edge), GATEWAY_PORT: String(gateway), NATS_PORT: String(nats) }
  const kept = { STREAM_MAX_AGE_DAYS: "0", SESSION_IDLE_HOURS: "8760" }
  const given = { NATS_URL: "", RESGATE_URL: "", MONGO_URL: "" }
  const product = spawn(process.execPath, [compiledFile("tools/launch/start")], {
    cwd: projectDir,
    env: { ...process.env, ...given, ...kept, ...ports, DATA_DIR: folder },
    stdio: ["ignore", "pipe", "inherit"],
  })
  const ended = once(product, "exit")
  try {
    await saying(product.stdout.setEncoding("utf8"), "Ctrl-C stops everything.")
    const storefront = await fill(`http://127.0.0.1:${edge}`, `http://127.0.0.1:${gateway}`)
    const nc = await connect({ servers: `nats://127.0.0.1:${nats}` })
    await writeFile(`${name}.json`, `${JSON.stringify(await shown(nc), null, 2)}\n`)
    await keepForGood(nc)
    await nc.close()
    storefront.terminate()
  } finally {
    product.kill("SIGTERM")
    await ended
  }
  await promisify(execFile)("tar", ["-czf", `${name}.tar.gz`, "-C", folder, "jetstream"])
}

/** Resolves to the open page of the shared session. */
async function fill(edgeUrl: string, gatewayUrl: string): Promise<WebSocket> {
  const post = async (url: string, body: unknown): Promise<void> => {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  }
  for (const [shop, shop_id] of SHOPS.entries()) {
    for (const [basket, session_id] of BASKETS.entries()) {
      const own = { ...samplePublishEvent, shop_id, session_id }
      const add = (product_id: number, basket_total: number) => ({ ...own, product_id, basket_total })
      await post(`${edgeUrl}/publish/${shop_id}`, [add(500100 + shop, 3.5), add(500200, 7), add(500100 + shop, 10.5)])
      if (basket === 1) await post(`${edgeUrl}/publish/${shop_id}`, { ...add(500200, 10.5), action: "CHECKOUT" })
    }
    const store = `${gatewayUrl}/api/store/${shop_id}`
    for (const task of ["acknowledge", "complete"]) await post(`${store}/basket/${BASKETS[1]}/${task}`, { by: "Kim" })
    await post(`${store}/profile/set`, { name: `Shop ${shop + 1}`, currency: "EUR", time_zone: "Europe/Berlin" })
    // A merchant's screen asks for these, which loads the shop.
    for (const resource of ["feed", "baskets", "stats"]) await (await fetch(`${store}/${resource}`)).arrayBuffer()
  }

  const storefront = new WebSocket(`${edgeUrl.replace("http", "ws")}/${SESSION}`)
  await once(storefront, "open")
  const send = async (event: string, payload: object): Promise<{ readonly customerId?: string }> => {
    storefront.send(JSON.stringify({ event, payload }))
    for (;;) {
      const [data] = await once(storefront, "message", { signal: AbortSignal.timeout(PATIENCE_MS) })
      const message = JSON.parse(String(data)) as { readonly event: string; readonly payload: object }
      if (message.event === event || message.event === "multicartUpdate") return message.payload
    }
  }
  const { customerId } = await send("startSession", { customerName: "Ann" })
  const cartContent = { productsQuantity: 2, items: [{ quantity: 2, product: { id: 500100, name: "FUJI Apples" } }] }
  await send("updateCart", { customerId, cartContent })
  return storefront
}

/** What a fresh `get` gives of each resource that does not change with time. */
async function shown(nc: NatsConnection): Promise<Record<string, unknown>> {
  const get = async (rid: string): Promise<unknown> => {
    const answer = await nc.request(`get.${rid}`, "{}", { timeout: PATIENCE_MS })
    const { result } = answer.json<{ readonly result?: unknown }>()
    if (result === undefined) throw new Error(`${rid}: ${answer.string()}`)
    return result
  }
  const names = SHOPS.flatMap((shop) => [
    `store.${shop}.feed`,
    ...BASKETS.map((basket) => `store.${shop}.basket.${basket}`),
    `store.${shop}.profile`,
  ])
  const multicart = `session.${SESSION}.multicart`
  const { collection } = (await get(multicart)) as { readonly collection: readonly { readonly rid: string }[] }
  const all = [...names, multicart, ...collection.map(({ rid }) => rid)]
  return Object.fromEntries(await Promise.all(all.map(async (rid) => [rid, await get(rid)] as const)))
}

/** nats-server would drop what is older than a bucket's limit when a test starts it, some time later. */
async function keepForGood(nc: NatsConnection): Promise<void> {
  const { streams } = await jetstreamManager(nc)
  for await (const { config } of streams.list()) await streams.update(config.name, { max_age: 0 })
}

async function saying(output: AsyncIterable<string>, words: string): Promise<void> {
  let said = ""
  for await (const text of output) {
    said += text
    if (said.includes(words)) return
  }
  throw new Error(`the product did not start:\n${said}`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("no port")
  return address.port
}
