import { randomUUID } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { natsConn } from "res-service"
import { Client } from "res-service/client"
import { run } from "../../cli/run.ts"
import { multicart } from "../../contract/session.ts"
import { basket, feed } from "../../contract/store.ts"
import { shopSubject } from "../../contract/subjects.ts"
import { publishEvent } from "../helpers/events.ts"
import { useGateway } from "../helpers/gateway.ts"
import { post } from "../helpers/http.ts"
import { freePort } from "../helpers/ports.ts"
import { startTestEdge, useProduct } from "../helpers/product.ts"
import { ran, TestTerminal } from "../helpers/terminal.ts"
import { until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"

describe("npx --no -- shopwire, against a running product", () => {
  const product = useProduct()
  const gateway = useGateway(product)
  const client = use(async () => {
    const made = new Client(natsConn(product.nats))
    return { made, stop: () => made.close() }
  })
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "shopwire-cli-"))
  })

  after(() => rm(folder, { recursive: true, force: true }))

  /** The settings by which the commands find the product. */
  const env = () => ({ EDGE_URL: product.edgeUrl, RESGATE_URL: gateway.url, NATS_URL: product.natsServer.url })

  /** A command that runs until `end`. */
  function running(args: readonly string[]) {
    const terminal = new TestTerminal(env())
    const done = run(args, terminal)
    return {
      terminal,
      end: async (): Promise<number> => {
        terminal.end()
        return await done
      },
      done,
    }
  }

  const feedOf = async (shop_id: string) => await client.made.get(feed, { shop_id })

  describe("publish", () => {
    it("stores a sample with the present time, changed as --set says", async () => {
      const shop = randomUUID()
      const { status, stdout } = await ran(
        ["publish", "--shop", shop, "--set", "action=CHECKOUT", "--set", "basket_total=7.5", "--set", "UPC=007"],
        env(),
      )
      const [event] = await feedOf(shop)
      expect({ status, stdout }).to.deep.equal({ status: 0, stdout: `stored in shop ${shop}: #${event?.seq}` })
      expect(event).to.include({ action: "CHECKOUT", basket_total: 7.5, UPC: "007" })
    })

    it("stores an array as a whole, and lines one after the other, from standard input", async () => {
      const shop = randomUUID()
      const events = [1, 2].map((action_id) => publishEvent({ shop_id: shop, action_id }))
      const whole = await ran(["publish", "-", "--json"], env(), JSON.stringify(events))
      expect(whole.json()).to.have.length(1)
      expect(whole.json()[0].seqs).to.have.length(2)
      const lines = await ran(
        ["publish", "-", "--json"],
        env(),
        `${events.map((event) => JSON.stringify(event)).join("\n")}\n`,
      )
      expect(lines.json()).to.have.length(2)
      expect(await feedOf(shop)).to.have.length(4)
    })

    it("stores once what has the same key", async () => {
      const text = JSON.stringify(publishEvent())
      const [first, second] = [
        await ran(["publish", "-", "--key", "k"], env(), text),
        await ran(["publish", "-", "--key", "k"], env(), text),
      ]
      expect(second).to.include({ status: 0, stdout: first.stdout })
    })

    it("answers 1 with each wrong field, given an event that is refused", async () => {
      const { status, stderr } = await ran(["publish", "--set", "product_price=free", "--set", "basket_total=x"], env())
      expect(status).to.equal(1)
      expect(stderr).to.match(/^422 system\.invalidParams: /)
      expect(stderr).to.include("\n  #/product_price: ").and.include("\n  #/basket_total: ")
    })
  })

  describe("tail", () => {
    it("prints the newest events, then each that comes, without a gap when the edge is started again", async () => {
      const shop = randomUUID()
      await post(`${product.edgeUrl}/publish/${shop}`, publishEvent({ shop_id: shop, action_id: 1 }))
      const { terminal, done } = running(["tail", shop, "--replay", "10", "--count", "3", "--json"])
      const ids = (): number[] => terminal.printed.map((line) => JSON.parse(line).action_id)
      await until("the first event", () => ids().length === 1)
      await post(`${product.edgeUrl}/publish/${shop}`, publishEvent({ shop_id: shop, action_id: 2 }))
      await until("the second event", () => ids().length === 2)
      await product.restartEdge()
      await client.made.call(feed, { shop_id: shop }, "publish", publishEvent({ shop_id: shop, action_id: 3 }))
      expect(await done).to.equal(0)
      expect(ids()).to.deep.equal([1, 2, 3])
      expect(terminal.complaints.at(-1)).to.equal("connected again")
    })

    it("answers 0 when it is ended, and 3 when no edge is there", async () => {
      const { terminal, end } = running(["tail", randomUUID()])
      terminal.end()
      expect(await end()).to.equal(0)
      const port = await freePort()
      const away = await ran(["tail", randomUUID()], { ...env(), EDGE_URL: `http://127.0.0.1:${port}` })
      expect(away.status).to.equal(3)
      expect(away.stderr).to.include(`http://127.0.0.1:${port} does not answer`)
    })
  })

  describe("session", () => {
    it("shows the members and their carts, and each change", async () => {
      const id = "cli-session"
      const call = <M extends "start" | "updateCart">(method: M, params: object) =>
        client.made.call(multicart, { id }, method, params as never, { cid: "cli" })
      const { terminal, end } = running(["session", id])
      await until("the empty session", () => terminal.printed.length > 0)
      expect(terminal.printed[0]).to.match(/session cli-session: 0 members$/)
      const { customerId } = await call("start", { customerName: "Ann\u202e" })
      await until("Ann", () => terminal.printed.some((line) => line.includes("Ann\ufffd")))
      const cartContent = { items: [{ quantity: 2, product: { name: "Tea" } }] }
      await call("updateCart", { customerId, cartContent })
      await until("her cart", () => terminal.printed.some((line) => /host .*2 × Tea/.test(line)))
      expect(await end()).to.equal(0)
      const once = await ran(["session", id, "--once", "--json"], env())
      expect(once.status).to.equal(0)
      expect(once.json()[0].multicart).to.deep.include({
        owner: { id: customerId, name: "Ann\u202e", isHost: true, isReadyToCheckout: false },
        content: cartContent,
      })
    })
  })

  describe("replay", () => {
    const twelve = ({
      seq: _,
      received_at: __,
      shop_id: ___,
      ...event
    }: {
      seq: number
      received_at: string
      shop_id: string
    }) => event

    it("publishes an export into another shop, in its order, and keeps its pauses unless --speed says otherwise", async () => {
      const [from, into] = [randomUUID(), randomUUID()]
      await post(
        `${product.edgeUrl}/publish/${from}`,
        [1, 2, 3].map((action_id) => publishEvent({ shop_id: from, action_id })),
      )
      const lines = (await (await fetch(`${product.edgeUrl}/export/${from}`)).text()).trim().split("\n")
      const apart = lines.map((line, i) =>
        JSON.stringify({ ...JSON.parse(line), received_at: new Date(i * 300).toISOString() }),
      )
      const file = join(folder, "export.ndjson")
      await writeFile(file, `${apart.join("\n")}\n`)
      const startedAt = Date.now()
      const { status, stdout } = await ran(["replay", file, "--into", into, "--speed", "2"], env())
      expect({ status, stdout }).to.deep.equal({ status: 0, stdout: "3 events replayed" })
      const [original, replayed] = [await feedOf(from), await feedOf(into)]
      expect(replayed.map(twelve)).to.deep.equal(original.map(twelve))
      expect(Date.parse(replayed[0]?.received_at ?? "") - startedAt).to.be.at.least(250)
    })

    it("says how far it came, given an event that is refused, or Ctrl-C", async () => {
      const into = randomUUID()
      const file = join(folder, "hour.ndjson")
      const hours = [0, 1].map((hour) =>
        JSON.stringify({ ...publishEvent(), received_at: new Date(hour * 3_600_000).toISOString() }),
      )
      await writeFile(file, `${hours[0]}\n\n${hours[1]?.replace('"ADD"', "5")}\n`)
      const refused = await ran(["replay", file, "--into", into, "--speed", "max"], env())
      expect(refused.status).to.equal(1)
      expect(refused.stderr).to.match(/^1 event replayed, and not the rest:\nline 3: 422 system\.invalidParams: /)
      await writeFile(file, `${hours.join("\n")}\n`)
      const { terminal, end } = running(["replay", file, "--into", into, "--json"])
      // Not in the feed, where it is before its answer is at the command.
      await until("the first event", () => terminal.printed.length === 1)
      expect(await end()).to.equal(130)
      expect(terminal.complaints).to.deep.equal(["1 event replayed, and not the rest:", "interrupted"])
    })

    it("publishes a range of a shop to another edge or into another shop, but not twice into the same", async () => {
      const [from, into] = [randomUUID(), randomUUID()]
      await post(
        `${product.edgeUrl}/publish/${from}`,
        [1, 2, 3, 4].map((action_id) => publishEvent({ shop_id: from, action_id })),
      )
      const seqs = (await feedOf(from)).map(({ seq }) => seq).toReversed()
      const range = `${seqs[1]}..${seqs[2]}`
      const same = await ran(["replay", range, "--shop", from], env())
      expect(same.status).to.equal(2)
      expect(same.stderr).to.include("the shop would have these events twice")
      await ran(["replay", range, "--shop", from, "--into", into, "--speed", "max"], env())
      expect((await feedOf(into)).map(({ action_id }) => action_id)).to.deep.equal([3, 2])
      const other = await startTestEdge(natsConn(product.nats))
      try {
        const to = `http://127.0.0.1:${other.port}`
        const times = `${new Date(0).toISOString()}..${new Date(Date.now() + 60_000).toISOString()}`
        const { stdout } = await ran(["replay", times, "--shop", from, "--to", to, "--speed", "max"], env())
        expect(stdout).to.equal("4 events replayed")
        expect(await feedOf(from)).to.have.length(8)
      } finally {
        await other.stop()
      }
    })
  })

  describe("doctor", () => {
    it("answers 0, with what it has found out about each part", async () => {
      const shop = randomUUID()
      await post(`${product.edgeUrl}/publish/${shop}`, publishEvent({ shop_id: shop }))
      const { status, json } = await ran(["doctor", "--json", "--shop", shop], env())
      expect(json().filter(({ state }) => state === "problem")).to.deep.equal([])
      expect(status).to.equal(0)
      expect([...new Set(json().map(({ check }) => check))]).to.deep.equal([
        "settings",
        "NATS",
        "JetStream",
        "disk",
        "edge",
        "gateway",
        "sign-in",
        "archive",
        "metrics",
        "copies",
      ])
      const found = json().map((finding) => finding.found)
      expect(found).to.include("a publish would be stored now")
      expect(found.filter((text: string) => text === "its clock agrees with the one here")).to.have.length(3)
      expect(found.at(-2)).to.match(/^the feed is as the service has it, up to #\d+$/)
      expect(found.at(-1)).to.equal("the 1 open baskets are as the service has them")
    })

    it("answers 1 with what to do about each problem, given that nothing runs", async () => {
      const port = await freePort()
      const { status, stdout } = await ran(["doctor"], {
        EDGE_URL: `http://127.0.0.1:${port}`,
        RESGATE_URL: `http://127.0.0.1:${port}`,
        NATS_URL: `nats://127.0.0.1:${port}`,
        MONGO_URL: `mongodb://127.0.0.1:${port}/?serverSelectionTimeoutMS=100`,
      })
      expect(status).to.equal(1)
      for (const part of ["NATS", "JetStream", "edge", "gateway", "sign-in", "archive"])
        expect(stdout).to.match(new RegExp(`^PROBLEM +${part} `, "m"))
      expect(stdout.match(/^PROBLEM/gm)).to.have.length(stdout.match(/→ /g)?.length ?? 0)
    })

    it("says which setting is wrong, and when another program has the port", async () => {
      const natsAddress = product.natsServer.url.replace("nats:", "http:")
      const { stdout } = await ran(["doctor"], {
        ...env(),
        STREAM_MAX_MIB: "x",
        RESGATE_URL: product.edgeUrl,
        EDGE_URL: natsAddress,
      })
      expect(stdout).to.match(/^PROBLEM +settings +STREAM_MAX_MIB="x": expected a whole number/m)
      expect(stdout).to.match(/^PROBLEM +gateway +another program answers/m)
      expect(stdout).to.match(/^PROBLEM +edge /m)
    })
  })

  describe("explain --seq", () => {
    it("tells who sent an event, where it is shown, and who worked on its basket", async () => {
      const shop = randomUUID()
      const event = publishEvent({ shop_id: shop })
      const { headers } = await post(`${product.edgeUrl}/publish/${shop}`, event, {
        "idempotency-key": "e",
        "x-request-id": "from-a-test",
      })
      const seq = headers.get("x-event-seq") ?? ""
      await client.made.call(basket, { shop_id: shop, session_id: event.session_id }, "acknowledge", { by: "Eva" })
      const { status, stdout } = await ran(["explain", "--seq", seq], env())
      expect(status).to.equal(0)
      expect(stdout).to.match(new RegExp(`^event    #${seq} .*FUJI Apples`, "m"))
      expect(stdout).to.match(/^stored {3}\S+ in UPDATES, log \w+, as updates\.store\.\d+\./m)
      expect(stdout).to.match(/^sender {3}a request with an Idempotency-Key/m)
      expect(stdout).to.match(/^request {2}from-a-test$/m)
      expect(stdout).to.match(/^shown {4}in the shop's feed, number 1 of 1$/m)
      expect(stdout)
        .to.match(/^when {5}for one event only its trace tells/m)
        .and.not.match(/^header/m)
      expect(stdout).to.match(/^archived no: no archiver has ever run on this log$/m)
      expect(stdout).to.match(/^notes {4}no annotations$/m)
      expect(stdout).to.match(/^work {5}#\d+ \S+ Eva: acknowledge$/m)
    })

    it("tells the producer of an event, and the headers that it does not know", async () => {
      const shop = randomUUID()
      const id = randomUUID()
      const own = { "producer-id": id, "producer-epoch": "0", "producer-seq": "1" }
      const { headers } = await post(`${product.edgeUrl}/publish/${shop}`, publishEvent({ shop_id: shop }), own)
      const { stdout } = await ran(["explain", "--seq", headers.get("x-event-seq") ?? ""], env())
      expect(stdout).to.include(`sender   producer ${id}, epoch 0, request 1`)
    })

    it("says why a message is shown nowhere, and answers 1 for one that is not there", async () => {
      product.nats.publish(shopSubject(randomUUID()), "{}")
      await product.nats.flush()
      const end = async () =>
        Number(/the log ends at #(\d+)/.exec((await ran(["explain", "--seq", "999999"], env())).stdout)?.[1])
      const last = await until("the message in the log", async () => {
        const seq = await end()
        return /^refused/m.test((await ran(["explain", "--seq", `${seq}`], env())).stdout) && seq
      })
      const { stdout } = await ran(["explain", "--seq", `${last}`], env())
      expect(stdout).to.match(/^refused {2}it is shown nowhere, for it is not valid: session_id: expected/m)
      expect((await ran(["explain", "--seq", "999999"], env())).status).to.equal(1)
    })
  })
})
