import { setTimeout as sleep } from "node:timers/promises"
import { jetstreamManager } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { silentLogger } from "res-service"
import { LEASE_MS, Lease } from "../../service/lease/lease.ts"
import { startNats, type TestNats } from "../helpers/nats.ts"
import { startTcpProxy, type TcpProxy } from "../helpers/tcp-proxy.ts"
import { until } from "../helpers/until.ts"

const DEADLINE_MS = 20_000

describe("Lease", () => {
  let natsServer: TestNats
  let connections: NatsConnection[] = []
  let leases: Lease[] = []
  let links: TcpProxy[] = []

  beforeEach(async () => {
    natsServer = await startNats()
  })

  afterEach(async () => {
    for (const link of links) link.heal()
    await Promise.all(leases.map((lease) => lease.release()))
    await Promise.all(connections.map((nc) => nc.close()))
    await Promise.all(links.map((link) => link.stop()))
    await natsServer.stop()
    leases = []
    connections = []
    links = []
  })

  const open = async (port = natsServer.port): Promise<NatsConnection> => {
    const servers = `nats://127.0.0.1:${port}`
    const nc = await connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
    connections.push(nc)
    return nc
  }
  const acquire = async (nc: NatsConnection): Promise<Lease> => {
    const lease = await Lease.acquire(nc, { logger: silentLogger })
    leases.push(lease)
    return lease
  }
  const behindLink = async (): Promise<{ link: TcpProxy; lease: Lease }> => {
    const link = await startTcpProxy({ host: "127.0.0.1", port: natsServer.port })
    links.push(link)
    return { link, lease: await acquire(await open(link.port)) }
  }

  it("is held by one, and by the next one, with a greater term, when it is released", async () => {
    const first = await acquire(await open())
    let second: Lease | undefined
    const waiting = acquire(await open()).then((lease) => {
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
  })

  it("has run out before another one can acquire it, and is lost when its holder learns of that", async () => {
    const { link, lease } = await behindLink()
    link.stall()
    const second = await acquire(await open())
    expect(lease.held).to.equal(false)
    link.heal()
    await lease.lost
    expect(lease.held).to.equal(false)
    expect(second.held).to.equal(true)
  })

  it("is taken over from a holder that is heard by NATS and hears nothing, and comes back to it", async () => {
    const { link, lease } = await behindLink()
    link.stallAnswers()
    const second = await acquire(await open())
    expect(lease.held).to.equal(false)
    link.heal()
    await lease.lost
    await second.release()
    expect((await acquire(await open())).term).to.be.greaterThan(second.term)
  })

  it("is kept through acknowledgements that come late", async () => {
    const { link, lease } = await behindLink()
    const { term } = lease
    for (let i = 0; i < 4; i++) {
      link.stallAnswers()
      await sleep(LEASE_MS / 2)
      link.heal()
      await sleep(100)
    }
    await until("it to be renewed", () => lease.held, DEADLINE_MS)
    expect(lease.term).to.equal(term)
  })

  it("is held again after an outage in which nobody took it", async () => {
    const { link, lease } = await behindLink()
    link.stall()
    await until("it to run out", () => !lease.held, DEADLINE_MS)
    link.heal()
    await until("it to be renewed", () => lease.held, DEADLINE_MS)
  })

  it("survives a restart of nats-server", async () => {
    const lease = await acquire(await open())
    await natsServer.kill()
    await until("it to run out", () => !lease.held, DEADLINE_MS)
    await natsServer.restart()
    await until("it to be renewed", () => lease.held, DEADLINE_MS)
  })

  it("is lost with its bucket, and can be had again", async () => {
    const nc = await open()
    const lease = await acquire(nc)
    const jsm = await jetstreamManager(nc, { checkAPI: false })
    await jsm.streams.delete("KV_leases")
    await lease.lost
    expect((await acquire(nc)).held).to.equal(true)
  })

  it("can be had by a standby when its bucket and its holder are gone", async () => {
    const nc = await open()
    await acquire(nc)
    let standby: Lease | undefined
    const waiting = acquire(await open()).then((lease) => {
      standby = lease
    })
    await nc.close()
    const jsm = await jetstreamManager(await open(), { checkAPI: false })
    await jsm.streams.delete("KV_leases")
    await until("the standby to acquire it", () => standby?.held, DEADLINE_MS)
    await waiting
  })

  it("is kept by a holder whose claim has the revision that a standby saw in a bucket that was deleted", async () => {
    const [first, second, third] = [await open(), await open(), await open()]
    const jsm = await jetstreamManager(third, { checkAPI: false })
    const kv = await new Kvm(third).create("leases", { history: 1, ttl: 60_000 })
    // A lease that nobody renews, which the standby has seen for nearly as long as it must stand.
    const stale = await kv.put("service", JSON.stringify({ id: "stale", host: "h", pid: 1 }))
    let standby: Lease | undefined
    const waiting = acquire(second).then((lease) => {
      standby = lease
    })
    await sleep(LEASE_MS - 700)
    await jsm.streams.delete("KV_leases")
    await acquire(first)
    const fresh = await (await new Kvm(third).open("leases")).get("service")
    expect(fresh?.revision).to.equal(stale)
    await sleep(1000)
    expect(standby).to.equal(undefined)
    await Promise.all(leases.map((lease) => lease.release()))
    await waiting
  })

  it("is free at once when it is released, also when the acknowledgement of its last renewal was lost", async () => {
    const { link, lease } = await behindLink()
    const kv = await new Kvm(await open()).open("leases")
    // As a renewal would, whose acknowledgement did not come.
    const entry = await kv.get("service")
    await kv.update("service", entry?.value ?? "", entry?.revision ?? 0)
    await lease.release()
    expect((await kv.get("service"))?.operation).to.equal("DEL")
    link.heal()
  })

  it("is lost when its key is deleted", async () => {
    const nc = await open()
    const lease = await acquire(nc)
    await (await new Kvm(nc).open("leases")).purge("service")
    await lease.lost
    expect(lease.held).to.equal(false)
  })

  it("acquire rejects when it is aborted, and when the connection is closed", async () => {
    await acquire(await open())
    const outcome = (promise: Promise<Lease>) =>
      promise.then(
        () => "acquired",
        (error: unknown) => (error instanceof Error ? error.name : "no error"),
      )
    const stop = new AbortController()
    const aborted = outcome(Lease.acquire(await open(), { logger: silentLogger, signal: stop.signal }))
    const nc = await open()
    const closed = outcome(Lease.acquire(nc, { logger: silentLogger }))
    stop.abort()
    await nc.close()
    expect(await aborted).to.equal("AbortError")
    expect(await closed).to.not.equal("acquired")
  })
})
