import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { expect } from "chai"
import { publishEvent } from "../helpers/events.ts"
import { useGateway } from "../helpers/gateway.ts"
import { post } from "../helpers/http.ts"
import { useProduct } from "../helpers/product.ts"
import { until } from "../helpers/until.ts"

describe("examples/", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const running: ChildProcess[] = []

  after(() => {
    for (const child of running) child.kill()
  })

  /** Runs an example as the README says, and gives what it has printed so far. */
  function run(name: string, ...args: string[]): () => string {
    return runWith({}, name, ...args)
  }

  function runWith(env: NodeJS.ProcessEnv, name: string, ...args: string[]): () => string {
    const file = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))
    const child = spawn(process.execPath, [file, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { PATH: process.env.PATH, ...env },
    })
    running.push(child)
    let output = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text
    })
    return () => output
  }

  it("watch-store.mjs shows an event that is POSTed, with the real resclient", async () => {
    const event = publishEvent()
    const output = run("watch-store.mjs", event.shop_id, gateway.wsUrl)
    await until("the example to watch", () => output().includes("0 events so far"))
    const answer = await post(`${product.edgeUrl}/publish/${event.shop_id}`, event)
    await until("the event", () => output().includes("add at 0:"))
    expect(output())
      .to.include(`#${answer.headers.get("x-event-seq")} `)
      .and.include("ADD FUJI Apples, basket 12.18")
  })

  it("shared-cart.mjs lets two friends see each other's carts", async () => {
    const first = run("shared-cart.mjs", "example", "Ann", gateway.wsUrl)
    await until("the host", () => first().includes("Ann* {}"))
    const second = run("shared-cart.mjs", "example", "Ben", gateway.wsUrl)
    await until("both at the first", () => first().includes("| Ben"))
    await until("a cart at the second", () => /Ann\* \{"apples":\d+\} \| Ben/.test(second()))
  })

  it("nats-sub.mjs prints what a NATS subscriber gets", async () => {
    const event = publishEvent()
    const output = run("nats-sub.mjs", event.shop_id, product.natsServer.url)
    await until("the example to listen", () => output().includes("listening on"))
    await until("the event", async () => {
      await post(`${product.edgeUrl}/publish/${event.shop_id}`, event)
      return output().includes(JSON.stringify(event))
    })
  })

  it("take the ports of the product from GATEWAY_PORT and NATS_PORT", async () => {
    const { shop_id } = publishEvent()
    const ports = { GATEWAY_PORT: new URL(gateway.wsUrl).port, NATS_PORT: new URL(product.natsServer.url).port }
    const watch = runWith(ports, "watch-store.mjs", shop_id)
    const cart = runWith(ports, "shared-cart.mjs", "ports", "Ann")
    const subscriber = runWith(ports, "nats-sub.mjs", shop_id)
    await until("all three to be connected", () =>
      [watch().includes("0 events so far"), cart().includes("Ann* {}"), subscriber().includes("listening on")].every(
        Boolean,
      ),
    )
  })
})
