import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { type KV, Kvm } from "@nats-io/kv"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { atOnce } from "../../../test/helpers/at-once.ts"
import { startNats, type TestNats } from "../../../test/helpers/nats.ts"
import { startTcpProxy, type TcpProxy } from "../../../test/helpers/tcp-proxy.ts"
import { PATIENCE_MS, until } from "../../../test/helpers/until.ts"
import { silentLogger } from "../../src/mod.ts"
import { LEASE_MS, Lease, type LeaseEvent } from "../../src/sharding/lease.ts"
import { ShardTable } from "../../src/sharding/table.ts"

const BUCKET = "example-shards"

interface Holder {
  readonly lease: Lease
  readonly key: string
  /** What happened to the lease, in order. */
  readonly events: readonly LeaseEvent[]
}

/** A nats-server of its own, and leases over connections to it. */
class LeaseKit {
  readonly natsServer: TestNats
  readonly #connections: NatsConnection[] = []
  readonly #tables: ShardTable[] = []
  readonly #leases: Lease[] = []
  readonly #links: TcpProxy[] = []

  private constructor(natsServer: TestNats) {
    this.natsServer = natsServer
  }

  static async start(): Promise<LeaseKit> {
    return new LeaseKit(await startNats())
  }

  async open(port = this.natsServer.port): Promise<NatsConnection> {
    const servers = `nats://127.0.0.1:${port}`
    const nc = await connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
    this.#connections.push(nc)
    return nc
  }

  /** @param timeoutMs of its requests, once it is open */
  async bucket(nc: NatsConnection, timeoutMs = PATIENCE_MS): Promise<KV> {
    const options = { history: 1, markerTTL: 60_000, allow_direct: false }
    await new Kvm(jetstream(nc, { timeout: PATIENCE_MS })).create(BUCKET, options)
    return await new Kvm(jetstream(nc, { timeout: timeoutMs })).open(BUCKET, options)
  }

  /** As a process that watches the bucket, unless its view stands still. */
  async take(nc: NatsConnection, view: "follows" | "stands still" = "follows"): Promise<Holder> {
    const id = randomUUID()
    const key = `member.${id}`
    const kv = await this.bucket(nc, 2000)
    const lease = await Lease.take(nc, kv, key, { host: "a", pid: 1 }, silentLogger)
    this.#leases.push(lease)
    if (view === "follows") {
      const table = await ShardTable.open(nc, kv, id, lease.revision)
      this.#tables.push(table)
      const show = (): void => lease.show(table.revisionOfMember(id))
      show()
      table.onChange(show)
    }
    const events: LeaseEvent[] = []
    lease.onEvent((event) => events.push(event))
    return { lease, key, events }
  }

  async behindLink(): Promise<Holder & { readonly link: TcpProxy }> {
    const link = await startTcpProxy({ host: "127.0.0.1", port: this.natsServer.port })
    this.#links.push(link)
    return { link, ...(await this.take(await this.open(link.port))) }
  }

  /** Another process, which ends leases that have run out, as `Shards` does. Resolves when it has ended the one under `key`. */
  async endWhenOverdue(key: string): Promise<void> {
    const nc = await this.open()
    const kv = await this.bucket(nc)
    const table = await ShardTable.open(nc, kv, "other", await kv.put("shard.0", "{}"))
    this.#tables.push(table)
    await until("the lease to be ended", async () => {
      const overdue = table.overdue.find(({ id }) => `member.${id}` === key)
      if (overdue === undefined) return false
      return await Lease.end(kv, key, overdue.revision).then(
        () => true,
        () => false,
      )
    })
  }

  async stop(): Promise<void> {
    for (const link of this.#links) link.heal()
    for (const table of this.#tables) await table.close()
    await Promise.all(this.#leases.map((lease) => lease.release()))
    await Promise.all(this.#connections.map((nc) => nc.close()))
    await Promise.all(this.#links.map((link) => link.stop()))
    await this.natsServer.stop()
  }
}

describe("Lease", () => {
  atOnce(
    () => LeaseKit.start(),
    {
      "is held and renewed until it is released, and its key is gone then": async (kit) => {
        const nc = await kit.open()
        const { lease, key, events } = await kit.take(nc)
        await until("it to outlive its first duration", () => events.length >= 4 && lease.held)
        const kv = await kit.bucket(nc)
        await until("its key to have its revision", async () => (await kv.get(key))?.revision === lease.revision)
        await lease.release()
        await lease.ended
        expect(lease.held).to.equal(false)
        expect((await kv.get(key))?.operation).to.equal("PURGE")
        expect(events).to.not.include("lost")
        await lease.release()
      },

      "says what its key has to say, at once and with each renewal": async (kit) => {
        const nc = await kit.open()
        const { lease, key } = await kit.take(nc)
        const kv = await kit.bucket(nc)
        await lease.say({ host: "a", pid: 1, leaving: true })
        const said = await kv.get(key)
        expect(said?.json()).to.deep.equal({ host: "a", pid: 1, leaving: true })
        const later = await until("the next renewal", async () => {
          const entry = await kv.get(key)
          return entry !== null && said !== null && entry.revision > said.revision ? entry : undefined
        })
        expect(later.json()).to.deep.equal({ host: "a", pid: 1, leaving: true })
      },

      "is renewed once at a time, so that none is refused": async (kit) => {
        const { lease, events } = await kit.take(await kit.open())
        await Promise.all(Array.from({ length: 20 }, (_, pid) => lease.say({ host: "a", pid })))
        const before = events.length
        await until("the next renewal", () => events.length > before && lease.held)
        expect(events).to.not.include("lost")
      },

      "has run out before another process can end it, and is lost when its holder learns of that": async (kit) => {
        const { link, lease, key, events } = await kit.behindLink()
        link.stall()
        await kit.endWhenOverdue(key)
        expect(lease.held).to.equal(false)
        expect(events).to.not.include("lost")
        link.heal()
        await lease.ended
        expect(lease.held).to.equal(false)
        expect(events.at(-1)).to.equal("lost")
      },

      "is ended from a holder that is heard by NATS and hears nothing, once it has stopped renewing": async (kit) => {
        const { link, lease, key } = await kit.behindLink()
        link.stallAnswers()
        await kit.endWhenOverdue(key)
        expect(lease.held).to.equal(false)
        link.heal()
        await lease.ended
      },

      "cannot be ended by a process that has seen an older revision": async (kit) => {
        const nc = await kit.open()
        const { lease, key, events } = await kit.take(nc)
        const old = lease.revision
        await until("a renewal", () => events.length > 0)
        const kv = await kit.bucket(nc)
        const refusal = await Lease.end(kv, key, old).catch((error: Error) => error.message)
        expect(refusal).to.include("wrong last sequence")
        await until("the next renewal", () => events.length > 1 && lease.held)
      },

      "counts from before a renewal was sent: an acknowledgement that comes late does not cover the time since": async (
        kit,
      ) => {
        const { link, lease, events } = await kit.behindLink()
        await until("a renewal", () => events.length > 0)
        link.stallAnswers()
        // The renewal that is sent now is stored. Its acknowledgement arrives when it covers nothing any more.
        await until("it to run out", () => !lease.held)
        const before = events.length
        link.heal()
        await until("it to be renewed", () => events.length > before && lease.held)
        expect(events).to.not.include("lost")
      },

      "is kept through acknowledgements that come late": async (kit) => {
        const { link, lease, events } = await kit.behindLink()
        for (let i = 0; i < 4; i++) {
          link.stallAnswers()
          await sleep(LEASE_MS / 2)
          link.heal()
          await sleep(100)
        }
        await until("it to be renewed", () => lease.held)
        expect(events).to.not.include("lost")
      },

      "reads a renewal that was stored and whose acknowledgement was lost": async (kit) => {
        const { link, lease, key, events } = await kit.behindLink()
        const kv = await kit.bucket(await kit.open())
        const before = await kv.get(key)
        // The renewal reaches NATS, and the connection ends before its acknowledgement.
        link.stallAnswers()
        await until("a renewal to be stored", async () => (await kv.get(key))?.revision !== before?.revision)
        link.cut()
        link.heal()
        const renewed = events.length
        await until("the next renewal", () => events.length > renewed && lease.held)
        expect(events).to.not.include("lost")
      },

      "is held again after an outage in which nobody ended it": async (kit) => {
        const { link, lease, events } = await kit.behindLink()
        link.stall()
        await until("it to run out", () => !lease.held)
        link.heal()
        await until("it to be renewed", () => lease.held)
        expect(events).to.not.include("lost")
      },

      "survives a restart of nats-server": async (kit) => {
        const { lease, events } = await kit.take(await kit.open())
        await kit.natsServer.kill()
        await until("it to run out", () => !lease.held)
        await kit.natsServer.restart()
        await until("it to be renewed", () => lease.held)
        expect(events).to.not.include("lost")
      },

      "is lost with its bucket, and another one can be taken": async (kit) => {
        const nc = await kit.open()
        const { lease } = await kit.take(nc)
        const jsm = await jetstreamManager(nc, { checkAPI: false })
        await jsm.streams.delete(`KV_${BUCKET}`)
        await lease.ended
        expect(lease.held).to.equal(false)
        const next = await kit.take(nc)
        await until("the next one to be held", () => next.lease.held)
      },

      "is lost when its bucket is made again, although the new one has the same revisions": async (kit) => {
        const nc = await kit.open()
        const { lease } = await kit.take(nc)
        const jsm = await jetstreamManager(nc, { checkAPI: false })
        await jsm.streams.delete(`KV_${BUCKET}`)
        const kv = await kit.bucket(nc)
        for (let i = 0; i < 10; i++) await kv.put("member.other", "{}")
        await lease.ended
        expect(lease.held).to.equal(false)
      },

      "is lost when its connection is closed": async (kit) => {
        const nc = await kit.open()
        const { lease } = await kit.take(nc)
        await nc.close()
        await lease.ended
        expect(lease.held).to.equal(false)
      },

      "is gone at once when it is released, also when the acknowledgement of its last renewal was lost": async (
        kit,
      ) => {
        const { link, lease, key } = await kit.behindLink()
        const kv = await kit.bucket(await kit.open())
        // As a renewal would, whose acknowledgement did not come.
        await until("it to be stored before the next renewal", async () => {
          const entry = await kv.get(key)
          return await kv.update(key, entry?.value ?? "", entry?.revision ?? 0).catch(() => undefined)
        })
        await lease.release()
        expect((await kv.get(key))?.operation).to.equal("PURGE")
        link.heal()
      },

      "is lost when its key is deleted": async (kit) => {
        const nc = await kit.open()
        const { lease, key } = await kit.take(nc)
        await (await kit.bucket(nc)).purge(key)
        await lease.ended
        expect(lease.held).to.equal(false)
      },

      "is not renewed while the view of its holder stands still, and is lost when another process ends it": async (
        kit,
      ) => {
        const { lease, key, events } = await kit.take(await kit.open(), "stands still")
        await kit.endWhenOverdue(key)
        expect(lease.held).to.equal(false)
        await until("its holder to learn of that", () => events.includes("lost"))
        expect(events).to.deep.equal(["lost"])
      },

      "is lost with its bucket, also when the view of its holder stands still": async (kit) => {
        const nc = await kit.open()
        const { lease, events } = await kit.take(nc, "stands still")
        const jsm = await jetstreamManager(nc, { checkAPI: false })
        await jsm.streams.delete(`KV_${BUCKET}`)
        await until("its holder to learn of that", () => events.includes("lost"))
        expect(lease.held).to.equal(false)
      },

      "cannot be taken without NATS": async (kit) => {
        const nc = await kit.open()
        const kv = await kit.bucket(nc)
        await nc.close()
        const refused = await Lease.take(nc, kv, "member.x", {}, silentLogger).catch((error: unknown) => error)
        expect(refused).to.be.instanceOf(Error)
      },
    },
    { atATime: 6 },
  )
})
