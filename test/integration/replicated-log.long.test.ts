import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import type { ResError } from "res-service"
import { SettingError } from "../../config/settings.ts"
import { Bucket } from "../../service/jetstream/bucket.ts"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { LogAppender } from "../../service/log/appender.ts"
import { LogReader } from "../../service/log/reader.ts"
import { openStream, STREAM } from "../../service/log/stream.ts"
import type { Member, Session } from "../../service/session/session.ts"
import { SessionStore, type StoredSession } from "../../service/session/session-store.ts"
import { backUp, restore } from "../../tools/backup/backup.ts"
import { compiledProgram } from "../helpers/compiled.ts"
import { payloadsOf, publishEvent, publishEvents } from "../helpers/events.ts"
import { startNats } from "../helpers/nats.ts"
import { startNatsCluster, type TestCluster } from "../helpers/nats-cluster.ts"
import { suspend } from "../helpers/suspend.ts"
import { until } from "../helpers/until.ts"
import { use } from "../helpers/use.ts"

const retention = { maxAgeDays: 0, maxMiB: 0 }
/** Writes that are each read at once. A replica that is behind shows in a few of a hundred. */
const WRITES = 300
/** How often the leader stands still, and how long it is asked afterwards, with what pause, in ms. */
const STOPS = 1
const STALE_MS = 3000
const STALE_PAUSE_MS = 10
/** Connections that soon notice a server that stands still. */
const IMPATIENT = { maxReconnectAttempts: -1, reconnectTimeWait: 50, pingInterval: 1000, maxPingOut: 2 }

describe("NATS_REPLICAS=3", () => {
  const cluster: TestCluster = use(() => startNatsCluster())
  let nats: NatsConnection
  let jsm: JetStreamManager
  let js: JetStream
  let appender: LogAppender

  before(async () => {
    nats = await connect({ servers: cluster.urls, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
    jsm = await jetstreamManager(nats, { checkAPI: false })
    js = new JetStream(nats, { replicas: 3 })
    await until("a cluster that takes a stream", () =>
      openStream(js, retention).then(
        () => true,
        () => false,
      ),
    )
    appender = new LogAppender(js)
    await appender.open()
  })

  // The test before may have stopped a server that led the cluster or the log.
  beforeEach(async () => {
    await until("a cluster whose servers have the whole log", async () => {
      try {
        // Only a leader of the cluster answers this.
        await jsm.getAccountInfo()
        const { leader, replicas = [] } = (await jsm.streams.info(STREAM)).cluster ?? {}
        return leader !== undefined && replicas.length === 2 && replicas.every(({ current }) => current)
      } catch {
        return false
      }
    })
  })

  after(() => nats?.close())

  const replicasOf = async (stream: string): Promise<number> => (await jsm.streams.info(stream)).config.num_replicas

  /** Another service's JetStream, on a connection to each server. */
  const onEachServer = async <T>(work: (js: JetStream) => Promise<T>): Promise<T[]> => {
    const connections = await Promise.all(cluster.urls.map((servers) => connect({ servers })))
    try {
      return await Promise.all(connections.map((each) => work(new JetStream(each, { replicas: 3 }))))
    } finally {
      await Promise.all(connections.map((each) => each.close()))
    }
  }

  it("stores the log and buckets on three servers, changes existing ones, and changes them back", async () => {
    const openAll = async (replicas: number): Promise<number[]> => {
      const own = new JetStream(nats, { replicas })
      const bucket = new Bucket(own, "changed")
      await openStream(own, retention)
      await bucket.open()
      return [await replicasOf(STREAM), await replicasOf(bucket.stream)]
    }
    expect(await openAll(1)).to.deep.equal([1, 1])
    expect(await openAll(3)).to.deep.equal([3, 3])
    await until("three replicas that have everything", async () => {
      const { cluster: members } = await jsm.streams.info(STREAM)
      return members?.replicas?.length === 2 && members.replicas.every(({ current }) => current)
    })
  })

  it("stores a request once under its key, alone or in an array, and keeps its replicas", async () => {
    const [event, other] = [publishEvent(), publishEvent()]
    const [shop, idempotency] = [event.shop_id, { key: "key", caller: "ann" }]
    const before = (await jsm.streams.info(STREAM)).state.messages
    const [seq] = await appender.append(shop, { payloads: payloadsOf([event]) }, idempotency)
    // On nats-server 2.15.2 an Expected-Last-Msg-Id that does not hold made all replicas give the stream up.
    expect(await appender.append(shop, { payloads: payloadsOf([event]) }, idempotency)).to.deep.equal([seq])
    const refused = await appender
      .append(shop, { payloads: payloadsOf([{ ...event, action: "Z" }]) }, idempotency)
      .catch((error: ResError) => error)
    expect(refused).to.include({ code: "store.idempotencyConflict" })
    const events = publishEvents(10, other.shop_id)
    const first = await appender.append(other.shop_id, { payloads: payloadsOf(events) }, idempotency)
    expect(await appender.append(other.shop_id, { payloads: payloadsOf(events) }, idempotency)).to.deep.equal(first)

    const { state, cluster: members } = await jsm.streams.info(STREAM)
    expect(state.messages - before).to.equal(11)
    expect(members?.replicas?.every(({ offline }) => offline !== true)).to.equal(true)
  })

  it("reads what was just acknowledged, whichever server answers: an event, a feed, the next events, a key", async () => {
    const { shop_id } = publishEvent()
    const bucket = new Bucket(js, "keys")
    await bucket.open()
    const lagging = await onEachServer(async (other) => {
      const reader = new LogReader(other)
      const others = new Bucket(other, "keys")
      await others.open()
      let count = 0
      for (let i = 0; i < WRITES / 3; i++) {
        const [seq = 0] = await appender.append(shop_id, { payloads: payloadsOf([publishEvent({ shop_id })]) })
        const revision = await bucket.put("key", String(seq))
        const [at, newest, following, slice, entry] = await Promise.all([
          reader.at(shop_id, seq),
          reader.newest(shop_id, 5),
          reader.newestRecordSeq(shop_id),
          reader.following(shop_id, seq - 1, 5),
          others.get("key"),
        ])
        const isComplete =
          at?.event.seq === seq &&
          // The others append to the same shop.
          (newest[0]?.event.seq ?? 0) >= seq &&
          following >= seq &&
          slice.entries[0]?.event.seq === seq &&
          (entry?.revision ?? 0) >= revision
        if (!isComplete) count++
      }
      return count
    })
    expect(lagging).to.deep.equal([0, 0, 0])
  })

  it("gives a feed of 100 whole while it grows, and its end only when there is no more", async () => {
    const { shop_id } = publishEvent()
    const wrong = await onEachServer(async (other) => {
      const reader = new LogReader(other)
      let count = 0
      for (let i = 0; i < 20; i++) {
        const seqs = await appender.append(shop_id, { payloads: payloadsOf(publishEvents(10, shop_id)) })
        const last = seqs.at(-1) ?? 0
        const newest = await reader.newest(shop_id, 100)
        if ((newest[0]?.event.seq ?? 0) < last || newest.length < Math.min(100, 10 * (i + 1))) count++
        for (let after = 0; after < last; ) {
          const slice = await reader.following(shop_id, after, 500)
          if (slice.end && slice.last < last) count++
          if (slice.end) break
          after = slice.last
        }
      }
      return count
    })
    expect(wrong).to.deep.equal([0, 0, 0])
  })

  it("reads what was acknowledged when the leader has stood still and takes itself for the leader again", async () => {
    const { shop_id } = publishEvent()
    const own = await connect({ servers: cluster.urls, ...IMPATIENT })
    const service = new JetStream(own, { replicas: 3 })
    const writer = new LogAppender(service)
    await writer.open()
    const stale: string[] = []
    for (let round = 0; round < STOPS; round++) {
      const leader = (await jsm.streams.info(STREAM)).cluster?.leader ?? ""
      const { pid = 0, url } = cluster.server(leader)
      await suspend(pid)
      let acknowledged = 0
      await until("a hundred events on the others", async () => {
        const seqs = await writer.append(shop_id, { payloads: payloadsOf(publishEvents(10, shop_id)) }).catch(() => [])
        acknowledged = seqs.at(-1) ?? acknowledged
        return seqs.length > 0 && acknowledged > (round + 1) * 100
      })
      process.kill(pid, "SIGCONT")
      // What this process knows, also on a connection to the server that was the leader.
      const back = await connect({ servers: url })
      const there = new JetStream(back, { replicas: 3 })
      there.noteStored(STREAM, acknowledged)
      const end = performance.now() + STALE_MS
      while (performance.now() < end) {
        for (const [name, js] of [
          ["own", service],
          ["there", there],
        ] as const) {
          const info = await js.info(STREAM).catch(() => undefined)
          const slice = await new LogReader(js).following(shop_id, acknowledged - 10, 100).catch(() => undefined)
          if (info !== undefined && info.state.last_seq < acknowledged) stale.push(`${name}: info`)
          if (slice?.end && slice.last < acknowledged) stale.push(`${name}: following`)
        }
        await sleep(STALE_PAUSE_MS)
      }
      await back.close()
    }
    expect(stale).to.deep.equal([])
    await own.close()
  })

  it("says in one line that the cluster has too few servers", async () => {
    const error = await openStream(new JetStream(nats, { replicas: 5 }), retention).catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(SettingError)
    expect(String(error)).to.match(
      /NATS_REPLICAS=5: expected a NATS cluster with at least 5 running servers that have JetStream; NATS says: .+$/,
    )
  })

  it("reads what was acknowledged from the next leader, too, as soon as it answers", async () => {
    const bucket = new Bucket(js, "kept")
    await bucket.open()
    let acknowledged = 0
    for (let i = 0; i < WRITES; i++) acknowledged = await bucket.put("key", String(i))
    const leader = (await jsm.streams.info(bucket.stream)).cluster?.leader ?? ""
    await cluster.server(leader).kill()
    const first = await until("the next leader", () => bucket.get("key").catch(() => undefined))
    expect(first.revision).to.equal(acknowledged)
    await cluster.server(leader).restart()
  })

  it("loads a session whole for its next owner, from the next leader", async () => {
    const first = new SessionStore(js, 60_000, 2 ** 20)
    // The server that the test before has killed may have led the cluster.
    await until("a cluster that takes a bucket", () =>
      first.open().then(
        () => true,
        () => false,
      ),
    )
    let stored: StoredSession = { session: undefined, revisions: new Map() }
    let session: Session | undefined
    for (let i = 0; i < WRITES; i++) {
      const host: Member = {
        id: "ann",
        name: `Ann ${i}`,
        ready: false,
        content: { i },
        cid: "c1",
        resumeHash: "",
        client: "other",
        colour: 0,
        since: 0,
      }
      session = { hostId: "ann", members: [host] }
      stored = await first.save("shared", stored, session, [{ type: "created", host }])
      stored = await first.save("shared", stored, session, [{ type: "cartSet", id: "ann", content: { i } }])
    }
    const leader = (await jsm.streams.info("KV_sessions")).cluster?.leader ?? ""
    await cluster.server(leader).kill()
    const next = new SessionStore(js, 60_000, 2 ** 20)
    await until("the next owner's beginning", () =>
      next.markBeginning().then(
        () => true,
        () => false,
      ),
    )
    const loaded = await until("the session", () => next.load("shared").catch(() => undefined))
    expect(loaded.session).to.deep.equal(session)
    await cluster.server(leader).restart()
  })

  it("knows the key also after its leader is gone, and makes a lost bucket again meanwhile", async () => {
    const event = publishEvent()
    const idempotency = { key: "another", caller: "ann" }
    const seqs = await appender.append(event.shop_id, { payloads: payloadsOf([event]) }, idempotency)
    const bucket = new Bucket(js, "lost")
    await bucket.put("key", "value")
    await jsm.streams.delete(bucket.stream)
    const leader = (await jsm.streams.info(STREAM)).cluster?.leader ?? ""
    await cluster.server(leader).kill()
    const again = await until("another leader", () =>
      appender.append(event.shop_id, { payloads: payloadsOf([event]) }, idempotency).catch(() => undefined),
    )
    expect(again).to.deep.equal(seqs)
    await cluster.server(leader).restart()
    await until("the bucket", () =>
      bucket.put("key", "again").then(
        () => true,
        () => false,
      ),
    )
    expect(await replicasOf(bucket.stream)).to.equal(3)
  })

  it("is backed up, also while its servers have no leader, and restored on one nats-server as the same log", async () => {
    const folder = await mkdtemp(join(tmpdir(), "shopwire-replicas-"))
    const alone = await startNats()
    const other = await connect({ servers: alone.url })
    try {
      const backup = join(folder, "backup")
      const leader = (await jsm.streams.info(STREAM)).cluster?.leader ?? ""
      await cluster.server(leader).kill()
      await cluster.server(leader).restart()
      await backUp(nats, undefined, backup, () => {})
      const { created, state } = await js.info(STREAM)
      await restore(other, undefined, backup, 1, () => {})
      const restored = await new JetStream(other).info(STREAM)
      expect(restored).to.include({ created })
      expect(restored.state.messages).to.equal(state.messages)
    } finally {
      await other.close()
      await alone.stop()
      await rm(folder, { recursive: true })
    }
  })
})

describe("NATS_REPLICAS=3 on a nats-server alone", () => {
  const nats = use(() => startNats())

  it("stops the start of the service in one line", async () => {
    const env = { ...process.env, NATS_URL: nats.url, NATS_REPLICAS: "3", MONGO_URL: "" }
    const child = spawn(process.execPath, [await compiledProgram("service/main")], {
      env,
      stdio: ["ignore", "ignore", "pipe"],
    })
    let stderr = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
    })
    expect((await once(child, "close"))[0]).to.equal(1)
    expect(stderr).to.match(/^NATS_REPLICAS=3: expected a NATS cluster with at least 3 running servers .+\n$/)
  })
})
