import { setTimeout as sleep } from "node:timers/promises"
import { jetstreamManager } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { silentLogger } from "res-service"
import { LEASE_MS, Lease } from "../../service/lease/lease.ts"
import { atOnce } from "../helpers/at-once.ts"
import { startNats, type TestNats } from "../helpers/nats.ts"
import { startTcpProxy, type TcpProxy } from "../helpers/tcp-proxy.ts"
import { until } from "../helpers/until.ts"

const DEADLINE_MS = 20_000

/** A nats-server of its own, and leases over connections to it. */
class LeaseKit {
  readonly natsServer: TestNats
  readonly #connections: NatsConnection[] = []
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

  async acquire(nc: NatsConnection): Promise<Lease> {
    const lease = await Lease.acquire(nc, { logger: silentLogger })
    this.#leases.push(lease)
    return lease
  }

  async behindLink(): Promise<{ link: TcpProxy; lease: Lease }> {
    const link = await startTcpProxy({ host: "127.0.0.1", port: this.natsServer.port })
    this.#links.push(link)
    return { link, lease: await this.acquire(await this.open(link.port)) }
  }

  async releaseAll(): Promise<void> {
    await Promise.all(this.#leases.map((lease) => lease.release()))
  }

  async stop(): Promise<void> {
    for (const link of this.#links) link.heal()
    await this.releaseAll()
    await Promise.all(this.#connections.map((nc) => nc.close()))
    await Promise.all(this.#links.map((link) => link.stop()))
    await this.natsServer.stop()
  }
}

describe("Lease", () => {
  atOnce(() => LeaseKit.start(), {
    "is held by one, and by the next one, with a greater term, when it is released": async (kit) => {
      const first = await kit.acquire(await kit.open())
      let second: Lease | undefined
      const waiting = kit.acquire(await kit.open()).then((lease) => {
        second = lease
      })
      let renewals = 0
      first.onEvent(() => renewals++)
      await until("the first to outlive its first duration", () => renewals >= 4, DEADLINE_MS)
      expect(first.held).to.equal(true)
      expect(second).to.equal(undefined)
      await first.release()
      expect(first.held).to.equal(false)
      await waiting
      expect(second?.held).to.equal(true)
      expect(second?.term).to.be.greaterThan(first.term)
    },

    "has run out before another one can acquire it, and is lost when its holder learns of that": async (kit) => {
      const { link, lease } = await kit.behindLink()
      link.stall()
      const second = await kit.acquire(await kit.open())
      expect(lease.held).to.equal(false)
      link.heal()
      await lease.lost
      expect(lease.held).to.equal(false)
      expect(second.held).to.equal(true)
    },

    "is taken over from a holder that is heard by NATS and hears nothing, and comes back to it": async (kit) => {
      const { link, lease } = await kit.behindLink()
      link.stallAnswers()
      const second = await kit.acquire(await kit.open())
      expect(lease.held).to.equal(false)
      link.heal()
      await lease.lost
      await second.release()
      expect((await kit.acquire(await kit.open())).term).to.be.greaterThan(second.term)
    },

    "is kept through acknowledgements that come late": async (kit) => {
      const { link, lease } = await kit.behindLink()
      const { term } = lease
      for (let i = 0; i < 4; i++) {
        link.stallAnswers()
        await sleep(LEASE_MS / 2)
        link.heal()
        await sleep(100)
      }
      await until("it to be renewed", () => lease.held, DEADLINE_MS)
      expect(lease.term).to.equal(term)
    },

    "is held again after an outage in which nobody took it": async (kit) => {
      const { link, lease } = await kit.behindLink()
      link.stall()
      await until("it to run out", () => !lease.held, DEADLINE_MS)
      link.heal()
      await until("it to be renewed", () => lease.held, DEADLINE_MS)
    },

    "survives a restart of nats-server": async (kit) => {
      const lease = await kit.acquire(await kit.open())
      await kit.natsServer.kill()
      await until("it to run out", () => !lease.held, DEADLINE_MS)
      await kit.natsServer.restart()
      await until("it to be renewed", () => lease.held, DEADLINE_MS)
    },

    "is lost with its bucket, and can be had again": async (kit) => {
      const nc = await kit.open()
      const lease = await kit.acquire(nc)
      const jsm = await jetstreamManager(nc, { checkAPI: false })
      await jsm.streams.delete("KV_leases")
      await lease.lost
      expect((await kit.acquire(nc)).held).to.equal(true)
    },

    "can be had by a standby when its bucket and its holder are gone": async (kit) => {
      const nc = await kit.open()
      await kit.acquire(nc)
      let standby: Lease | undefined
      const waiting = kit.acquire(await kit.open()).then((lease) => {
        standby = lease
      })
      await nc.close()
      const jsm = await jetstreamManager(await kit.open(), { checkAPI: false })
      await jsm.streams.delete("KV_leases")
      await until("the standby to acquire it", () => standby?.held, DEADLINE_MS)
      await waiting
    },

    "is kept by a holder whose claim has the revision that a standby saw in a bucket that was deleted": async (kit) => {
      const [first, second, third] = [await kit.open(), await kit.open(), await kit.open()]
      const jsm = await jetstreamManager(third, { checkAPI: false })
      let standby: Lease | undefined
      let waiting: Promise<void>
      for (;;) {
        const kv = await new Kvm(third).create("leases", { history: 1, ttl: 60_000 })
        // A lease that nobody renews, which the standby has seen for nearly as long as it must stand.
        const stale = await kv.put("service", JSON.stringify({ id: "stale", host: "h", pid: 1 }))
        waiting = kit.acquire(second).then((lease) => {
          standby = lease
        })
        await sleep(LEASE_MS - 700)
        await jsm.streams.delete("KV_leases")
        const acquiring = kit.acquire(first)
        await Promise.race([acquiring, waiting])
        if (standby === undefined) {
          const fresh = await (await new Kvm(third).open("leases")).get("service")
          expect(fresh?.revision).to.equal(stale)
          break
        }
        // The machine stood still, and the standby was first: once more.
        await kit.releaseAll()
        await acquiring
        await kit.releaseAll()
        await jsm.streams.delete("KV_leases")
        standby = undefined
      }
      await sleep(1000)
      expect(standby).to.equal(undefined)
      await kit.releaseAll()
      await waiting
    },

    "is free at once when it is released, also when the acknowledgement of its last renewal was lost": async (kit) => {
      const { link, lease } = await kit.behindLink()
      const kv = await new Kvm(await kit.open()).open("leases")
      // As a renewal would, whose acknowledgement did not come.
      const entry = await kv.get("service")
      await kv.update("service", entry?.value ?? "", entry?.revision ?? 0)
      await lease.release()
      expect((await kv.get("service"))?.operation).to.equal("DEL")
      link.heal()
    },

    "is lost when its key is deleted": async (kit) => {
      const nc = await kit.open()
      const lease = await kit.acquire(nc)
      await (await new Kvm(nc).open("leases")).purge("service")
      await lease.lost
      expect(lease.held).to.equal(false)
    },

    "acquire rejects when it is aborted, and when the connection is closed": async (kit) => {
      await kit.acquire(await kit.open())
      const outcome = (promise: Promise<Lease>) =>
        promise.then(
          () => "acquired",
          (error: unknown) => (error instanceof Error ? error.name : "no error"),
        )
      const stop = new AbortController()
      const aborted = outcome(Lease.acquire(await kit.open(), { logger: silentLogger, signal: stop.signal }))
      const nc = await kit.open()
      const closed = outcome(Lease.acquire(nc, { logger: silentLogger }))
      stop.abort()
      await nc.close()
      expect(await aborted).to.equal("AbortError")
      expect(await closed).to.not.equal("acquired")
    },
  })
})
