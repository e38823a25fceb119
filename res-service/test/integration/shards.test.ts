import { setTimeout as sleep } from "node:timers/promises"
import { jetstreamManager } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { atOnce } from "../../../test/helpers/at-once.ts"
import { startNats, type TestNats } from "../../../test/helpers/nats.ts"
import { startTcpProxy, type TcpProxy } from "../../../test/helpers/tcp-proxy.ts"
import { PATIENCE_MS, until } from "../../../test/helpers/until.ts"
import { Client } from "../../src/client/mod.ts"
import { connectNats, model, type NatsConn, Service, silentLogger } from "../../src/mod.ts"
import { natsPartition, Shards } from "../../src/sharding/mod.ts"

const COUNT = 16

/** What the members of one test store. */
type Store = Map<string, number>

/** One process of a small service: shelves that count their books, kept in a store that all members share. */
class Member {
  readonly nc: NatsConnection
  readonly shards: Shards
  readonly service: Service
  /** What was called, in order. */
  readonly calls: string[] = []
  readonly answered = new Set<string>()
  /** Acquires that fail. */
  failures = 0
  /** Releases wait for it. */
  released: Promise<void> = Promise.resolve()

  private constructor(nc: NatsConnection, shards: Shards, store: Store) {
    this.nc = nc
    this.shards = shards
    this.service = new Service(shards.conn, { routing: shards })
    const get = (id: string): { books: number } => ({ books: store.get(id) ?? 0 })
    const shelf = model("library.shelf.$id", {
      anywhere: ["anybody"],
      get: (req) => {
        this.answered.add(req.parts.id)
        return get(req.parts.id)
      },
      call: (method) => ({
        add: {
          handle: async (req) => {
            await sleep(1)
            store.set(req.parts.id, get(req.parts.id).books + 1)
            req.events.change(get(req.parts.id))
            return shards.member
          },
        },
        anybody: method(
          { "~standard": { version: 1, vendor: "t", validate: (value) => ({ value }) } },
          () => shards.member,
        ),
      }),
    })
    this.service.add(shelf, model("library.shelf.$id.label", { get: () => ({ text: "" }) }))
    shards.onTask("books", async (name, params) => [get(name.split(".")[2] ?? "").books, params, shards.member])
  }

  static async start(port: number, store: Store, failures = 0): Promise<Member> {
    const nc = await connect({ servers: `nats://127.0.0.1:${port}`, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
    const shards = await Shards.join(nc, {
      name: "library",
      count: COUNT,
      locate: (name) => ({ shard: shardOf(name.split(".")[2] ?? ""), root: name.split(".").slice(0, 3).join(".") }),
      logger: silentLogger,
    })
    const member = new Member(nc, shards, store)
    member.failures = failures
    await member.service.start()
    shards.start({
      acquire: async (taken) => {
        member.calls.push(`acquire ${taken.length}`)
        if (member.failures-- > 0) throw new Error("not now")
      },
      release: async (given) => {
        member.calls.push(`release ${given.length}`)
        await member.released
      },
      unload: () => {},
      idle: (some) => member.service.idle(some),
      everything: member.service.ownership,
    })
    return member
  }

  async stop(): Promise<void> {
    if (this.shards.held) {
      await this.shards.leave()
      await this.service.stop()
      await this.shards.close()
    } else await this.shards.abandon()
    await this.nc.close()
  }
}

const shardOf = (id: string): number => natsPartition(id, COUNT)
const ids = Array.from({ length: 40 }, (_, i) => `${i}`)

class Kit {
  readonly natsServer: TestNats
  readonly conn: NatsConn
  readonly client: Client
  readonly store: Store = new Map()
  readonly resets: { resources: string[] }[] = []
  readonly #members: Member[] = []
  readonly #links: TcpProxy[] = []

  private constructor(natsServer: TestNats, conn: NatsConn) {
    this.natsServer = natsServer
    this.conn = conn
    this.client = new Client(conn)
    conn.subscribe("system.reset", ({ data }) => this.resets.push(JSON.parse(Buffer.from(data).toString())))
  }

  static async start(): Promise<Kit> {
    const natsServer = await startNats()
    return new Kit(natsServer, await connectNats(natsServer.url))
  }

  async join(options: { failures?: number; port?: number } = {}): Promise<Member> {
    const member = await Member.start(options.port ?? this.natsServer.port, this.store, options.failures)
    this.#members.push(member)
    return member
  }

  async joinBehindLink(): Promise<{ link: TcpProxy; member: Member }> {
    const link = await startTcpProxy({ host: "127.0.0.1", port: this.natsServer.port })
    this.#links.push(link)
    return { link, member: await this.join({ port: link.port }) }
  }

  async shared(...members: readonly Member[]): Promise<void> {
    await until("even shares", () => {
      const shares = members.map(({ shards }) => shards.served.length)
      const isEven = Math.max(...shares) - Math.min(...shares) <= 1
      return isEven && new Set(members.flatMap(({ shards }) => shards.served)).size === COUNT
    })
  }

  owner(id: string, ...members: readonly Member[]): Member | undefined {
    return members.find(({ shards }) => shards.isServed(shardOf(id)))
  }

  async stop(): Promise<void> {
    for (const link of this.#links) link.heal()
    await Promise.all(this.#members.map((member) => member.stop()))
    await this.conn.close()
    await Promise.all(this.#links.map((link) => link.stop()))
    await this.natsServer.stop()
  }
}

describe("Shards, of a service of several processes", () => {
  atOnce(
    () => Kit.start(),
    {
      "share evenly, and each get and call is answered by the owner, whoever takes it": async (kit) => {
        const members = [await kit.join(), await kit.join(), await kit.join()]
        await kit.shared(...members)
        for (const id of ids) {
          const owner = kit.owner(id, ...members)
          expect(await kit.client.call(`library.shelf.${id}`, "add")).to.equal(owner?.shards.member)
          for (let i = 0; i < 3; i++) await kit.client.get(`library.shelf.${id}`)
          expect(members.filter(({ answered }) => answered.has(id))).to.deep.equal([owner])
        }
      },

      "answer in any process what needs no owner": async (kit) => {
        const members = [await kit.join(), await kit.join()]
        await kit.shared(...members)
        const by = new Set<unknown>()
        await until("both to answer", async () => {
          by.add(await kit.client.call("library.shelf.1", "anybody", {}))
          return by.size === 2
        })
      },

      "run a task on the owner, from any process": async (kit) => {
        const members = [await kit.join(), await kit.join()]
        await kit.shared(...members)
        kit.store.set("1", 5)
        const owner = kit.owner("1", ...members)?.shards.member
        for (const { shards } of members)
          expect(await shards.ask("books", "library.shelf.1", "p", PATIENCE_MS)).to.deep.equal([5, "p", owner])
      },

      "move when one joins and when one leaves, and no call fails or is done twice": async (kit) => {
        const first = await kit.join()
        await kit.shared(first)
        const mirrors = ids.map((id) => kit.client.mirror(`library.shelf.${id}`))
        await Promise.all(mirrors.map(({ ready }) => ready))
        let isOver = false
        const failures: unknown[] = []
        const calls = new Map(ids.map((id) => [id, 0]))
        const calling = ids.map(async (id) => {
          while (!isOver) {
            await kit.client.call(`library.shelf.${id}`, "add", undefined, { timeoutMs: PATIENCE_MS }).then(
              () => calls.set(id, (calls.get(id) ?? 0) + 1),
              (error: unknown) => failures.push(error),
            )
          }
        })
        const second = await kit.join()
        await kit.shared(first, second)
        const third = await kit.join()
        await kit.shared(first, second, third)
        await first.stop()
        await kit.shared(second, third)
        await second.stop()
        await kit.shared(third)
        isOver = true
        await Promise.all(calling)
        expect(failures).to.deep.equal([])
        expect(Object.fromEntries(kit.store)).to.deep.equal(Object.fromEntries(calls))
        await until("each mirror to have the last count", () =>
          mirrors.every(({ value }, i) => (value as { books: number }).books === calls.get(ids[i] ?? "")),
        )
        for (const mirror of mirrors) mirror.close()
      },

      "move when one is closed without a goodbye: requests wait for the next owner, and watchers end with its content":
        async (kit) => {
          const [first, second] = [await kit.join(), await kit.join()]
          await kit.shared(first, second)
          const mirrors = ids.map((id) => kit.client.mirror(`library.shelf.${id}`))
          await Promise.all(mirrors.map(({ ready }) => ready))
          const lost = ids.filter((id) => kit.owner(id, first) !== undefined)
          await first.nc.close()
          // It could tell nobody of these.
          for (const id of lost) kit.store.set(id, 7)
          // The first call may have been handed on to the one that is gone.
          const answered = await until("a call to be answered", () =>
            kit.client.call(`library.shelf.${lost[0]}`, "add").catch(() => undefined),
          )
          expect(answered).to.equal(second.shards.member)
          await kit.shared(second)
          await until("each mirror to be right", () =>
            mirrors.every(({ value }, i) => (value as { books: number }).books === (kit.store.get(ids[i] ?? "") ?? 0)),
          )
          for (const mirror of mirrors) mirror.close()
          await first.shards.ended
        },

      "are taken from one whose link stands still, which sends nothing any more and begins again": async (kit) => {
        const { link, member: first } = await kit.joinBehindLink()
        const second = await kit.join()
        await kit.shared(first, second)
        link.stall()
        await until("the other one to own all", () => second.shards.served.length === COUNT)
        expect(first.shards.served.filter((shard) => first.shards.isServed(shard))).to.deep.equal([])
        const heard: string[] = []
        const mark = "event.library.shelf.0.ghost"
        kit.conn.subscribe(mark, () => heard.push(mark))
        first.shards.conn.publish(mark, "{}")
        link.heal()
        await first.shards.ended
        await kit.conn.flush()
        expect(heard).to.deep.equal([])
        await first.stop()
        const again = await kit.join()
        await kit.shared(second, again)
      },

      "have requests that wait in one that loses its lease refused: they may be old, and must undo nothing newer":
        async (kit) => {
          const [first, second] = [await kit.join(), await kit.join()]
          await kit.shared(first, second)
          const id = ids.find((each) => first.shards.isServed(shardOf(each))) ?? ""
          const reply = kit.conn.newInbox()
          const answers: string[] = []
          kit.conn.subscribe(reply, ({ data }) => answers.push(Buffer.from(data).toString()))
          // The receiver waits until it knows as much.
          const revision = first.shards.revisionOf(shardOf(id)) + 1
          const subject = `shards.library.${first.shards.member}.${shardOf(id)}.${revision}.call.library.shelf.${id}.add`
          kit.conn.publish(subject, "{}", reply)
          await kit.conn.flush()
          await first.nc.flush()
          await first.shards.abandon()
          await until("an answer", () => answers.length > 0)
          expect(answers[0]).to.include("system.serviceUnavailable")
          expect(kit.store.get(id)).to.equal(undefined)
        },

      "are not released by one that has lost its lease meanwhile, and so its claims: another process has them": async (
        kit,
      ) => {
        const first = await kit.join()
        await kit.shared(first)
        let letGo = (): void => {}
        first.released = new Promise((resolve) => {
          letGo = resolve
        })
        const second = await kit.join()
        await until("the first one to release", () => first.calls.includes(`release ${COUNT / 2}`))
        const bucket = await new Kvm(kit.conn.nats).open("library-shards")
        await bucket.purge(`member.${first.shards.member}`)
        await until("the second one to own all", () => second.shards.served.length === COUNT)
        const ownerOf = async (shard: number): Promise<unknown> => (await bucket.get(`shard.${shard}`))?.json()
        const owners = (): Promise<unknown[]> =>
          Promise.all(Array.from({ length: COUNT }, (_, shard) => ownerOf(shard)))
        const claimed = Array(COUNT).fill({ owner: second.shards.member })
        expect(await owners()).to.deep.equal(claimed)
        letGo()
        const own = (): boolean[] => Array.from({ length: COUNT }, (_, shard) => first.shards.owns(shard))
        await until("the first one to be done", () => own().filter(Boolean).length <= COUNT / 2)
        expect(await owners()).to.deep.equal(claimed)
      },

      "are claimed again after the bucket was deleted, and everything is reset": async (kit) => {
        const first = await kit.join()
        await kit.shared(first)
        await kit.client.get("library.shelf.1")
        const jsm = await jetstreamManager(kit.conn.nats, { checkAPI: false })
        await jsm.streams.delete("KV_library-shards")
        await first.shards.ended
        await first.stop()
        kit.resets.length = 0
        await kit.shared(await kit.join())
        await until("the reset", () => kit.resets.some(({ resources }) => resources.includes("library.>")))
      },

      "are kept by a process that is not sent the changes of the bucket any more: it asks for them again": async (
        kit,
      ) => {
        const first = await kit.join()
        await kit.shared(first)
        const stream = "KV_library-shards"
        const jsm = await jetstreamManager(kit.conn.nats, { checkAPI: false })
        // As when the nats-server is gone that sent them.
        const lost = async (): Promise<boolean> => {
          const consumers = await jsm.consumers.list(stream).next()
          for (const { name } of consumers) await jsm.consumers.delete(stream, name)
          return consumers.length > 0
        }
        await until("the consumer to be lost", lost)
        let isEnded = false
        void first.shards.ended.then(() => {
          isEnded = true
        })
        await until("another consumer", async () => (await jsm.consumers.list(stream).next()).length > 0)
        await until("it to answer", () => first.shards.held && kit.client.get("library.shelf.1").catch(() => undefined))
        expect(isEnded).to.equal(false)
      },

      "reset what gateways may show, and no more, when the next process owns it": async (kit) => {
        const first = await kit.join()
        await kit.shared(first)
        for (const name of ["1", "2", "3.label"]) await kit.client.get(`library.shelf.${name}`)
        await first.nc.close()
        await kit.conn.flush()
        kit.resets.length = 0
        const second = await kit.join()
        await kit.shared(second)
        const names = (): string[] => [...new Set(kit.resets.flatMap(({ resources }) => resources))]
        await until("the resets", () => names().length >= 3)
        expect(names().toSorted()).to.deep.equal(["library.shelf.1", "library.shelf.2", "library.shelf.3.>"])
      },

      "are answered for only when the process could acquire them, which it tries again": async (kit) => {
        const first = await kit.join({ failures: 2 })
        await kit.shared(first)
        expect(first.calls).to.deep.equal(Array(3).fill(`acquire ${COUNT}`))
        await first.stop()
        expect(first.calls.slice(3)).to.deep.equal([])
      },

      "are given away before another process acquires them": async (kit) => {
        const first = await kit.join()
        await kit.shared(first)
        const second = await kit.join()
        await kit.shared(first, second)
        expect(first.calls).to.deep.equal([`acquire ${COUNT}`, `release ${COUNT / 2}`])
      },
    },
    { atATime: 4 },
  )
})
