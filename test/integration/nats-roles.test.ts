import { execFile, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { jetstreamManager } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { natsConn, silentLogger } from "res-service"
import { serverOptions } from "../../config/process.ts"
import { SettingError } from "../../config/settings.ts"
import { shopSubject } from "../../contract/subjects.ts"
import type { RunningEdge } from "../../edge/edge.ts"
import { AnnotationBucket } from "../../service/archive/annotation-bucket.ts"
import { startArchiver } from "../../service/archive/archiver.ts"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { STREAM } from "../../service/log/stream.ts"
import { checkNatsPermissions } from "../../service/nats-permissions.ts"
import { type RunningService, startService } from "../../service/running-service.ts"
import {
  accountsConf,
  loginUrl,
  type NatsPasswords,
  type NatsRole,
  natsRoles,
  passwordEnv,
} from "../../tools/launch/nats-logins.ts"
import { compiledProgram } from "../helpers/compiled.ts"
import { publishEvent } from "../helpers/events.ts"
import { skipIfGatewayEndsWithNats, startGateway, type TestGateway } from "../helpers/gateway.ts"
import { get, post } from "../helpers/http.ts"
import { startNats, type TestNats } from "../helpers/nats.ts"
import { serviceOptions, startTestEdge } from "../helpers/product.ts"
import { type Client, type ClientCollection, resClient } from "../helpers/res-client.ts"
import { Storefront } from "../helpers/storefront.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const passwords = Object.fromEntries(natsRoles.map((role) => [role, `p${role}`])) as unknown as NatsPasswords

/** A connection with a role's login, and what the server has refused it. */
interface Login {
  readonly nc: NatsConnection
  readonly refusals: string[]
}

describe("NATS with the logins of config/nats.conf", () => {
  let nats: TestNats
  let gateway: TestGateway
  let edge: RunningEdge
  let service: RunningService
  const logins = {} as Record<NatsRole, Login>
  /** The product's own connections, beside those of the tests. */
  const own: Login[] = []
  const clients: Client[] = []

  const login = async (role: NatsRole): Promise<Login> => {
    const nc = await connect({
      ...serverOptions([loginUrl(nats.url, role, passwords)]),
      // As gateways have it, which are Resgates.
      ...(role === "gateway" ? { inboxPrefix: "_INBOX" } : {}),
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
    })
    const refusals: string[] = []
    void (async () => {
      for await (const status of nc.status()) if (status.type === "error") refusals.push(status.error.message)
    })()
    return { nc, refusals }
  }
  const startOwn = async (role: NatsRole): Promise<NatsConnection> => {
    const made = await login(role)
    own.push(made)
    return made.nc
  }
  const startOwnService = async (): Promise<void> => {
    service = await startService(() => startOwn("service"), serviceOptions)
  }
  const edgeUrl = (): string => `http://127.0.0.1:${edge.port}`

  before(async () => {
    nats = await startNats({ conf: accountsConf(), env: passwordEnv(passwords) })
    await startOwnService()
    edge = await startTestEdge(natsConn(await startOwn("edge")))
    gateway = await startGateway(loginUrl(nats.url, "gateway", passwords))
    for (const role of natsRoles) logins[role] = await login(role)
  })

  after(async () => {
    for (const client of clients) client.disconnect()
    await gateway?.stop()
    await edge?.stop()
    await service?.stop()
    await Promise.all([...own, ...Object.values(logins)].map(({ nc }) => nc.close()))
    await nats?.stop()
  })

  describe("the whole product", () => {
    const shopId = randomUUID()
    let feed: ClientCollection<{ action_id: number }>

    afterEach("nothing of its own was refused", () => {
      expect(own.flatMap(({ refusals }) => refusals)).to.deep.equal([])
    })

    it("stores what is POSTed, also arrays and by key, and shows it live through the gateway", async () => {
      const client = resClient(gateway.wsUrl)
      clients.push(client)
      feed = await client.get<typeof feed>(`store.${shopId}.feed`)
      feed.on("add", () => {})
      const url = `${edgeUrl()}/publish/${shopId}`
      const event = (action_id: number) => publishEvent({ shop_id: shopId, action_id })
      expect((await post(url, event(1))).status).to.equal(200)
      for (let i = 0; i < 2; i++) expect((await post(url, event(2), { "idempotency-key": "a" })).status).to.equal(200)
      expect((await post(url, [event(3), event(4)])).status).to.equal(200)
      expect((await client.call<{ seq: number }>(`store.${shopId}.feed`, "publish", event(5))).seq).to.be.a("number")
      await until("five events", () => feed.length === 5)
      const older = await get(`${gateway.url}/api/store/${shopId}/feed?before=${5}&limit=2`)
      expect(older.body).to.have.length(2)
      expect((await get(`${gateway.url}/api/store/${shopId}/event/1`)).body).to.include({ seq: 1 })
      await until("the edge to be ready", async () => (await get(`${edgeUrl()}/readyz`)).body.ready)
    })

    it("shows baskets and figures, and takes acknowledgements", async () => {
      const { session_id } = publishEvent()
      const url = `${gateway.url}/api/store/${shopId}`
      await until("the basket", async () => (await get(`${url}/baskets`)).body?.length === 1)
      expect((await post(`${url}/basket/${session_id}/acknowledge`, { by: "Ann" })).status).to.equal(200)
      await until("the acknowledgement", async () => {
        return (await get(`${url}/basket/${session_id}`)).body.acknowledged_by === "Ann"
      })
      expect((await get(`${url}/stats`)).body.events).to.equal(5)
    })

    it("streams by HTTP what comes", async () => {
      const answer = await fetch(`${edgeUrl()}/stream/${shopId}?replay=1`)
      expect(answer.status).to.equal(200)
      const reader = answer.body?.getReader()
      let text = ""
      while (!text.includes("event: action")) text += Buffer.from((await reader?.read())?.value ?? []).toString()
      await reader?.cancel()
    })

    it("erases a person", async () => {
      const event = publishEvent({ shopper_id: randomUUID() })
      expect((await post(`${edgeUrl()}/publish/${event.shop_id}`, event)).status).to.equal(200)
      const answer = await fetch(`${edgeUrl()}/shoppers/${event.shopper_id}`, { method: "DELETE" })
      expect(answer.status).to.equal(200)
      expect((await get(`${gateway.url}/api/store/${event.shop_id}/feed`)).body).to.deep.equal([])
    })

    it("is found healthy by the container's check", async () => {
      const check = [...process.execArgv, join(root, "tools/containers/service-health.ts")]
      const env = { ...process.env, NATS_URL: loginUrl(nats.url, "service", passwords) }
      const { stderr } = await promisify(execFile)(process.execPath, check, { cwd: root, env })
      expect(stderr).to.equal("")
    })

    it("shares a cart between an old storefront and the gateway, and lets a host start again whose page is gone", async () => {
      const host = await Storefront.open(edgeUrl(), "roles")
      await host.start("Ann")
      host.send("updateCart", { customerId: host.customerId, cartContent: { a: 1 } })
      await until("the cart at the gateway", async () => {
        const { body } = await get(`${gateway.url}/api/session/roles/multicart`)
        return body?.[0]?.content?.a === 1
      })
      // The service asks the edge whether the host's connection is alive.
      const other = await Storefront.open(edgeUrl(), "roles")
      expect(await other.refusal("startSession", { customerName: "Bea" })).to.equal("session.hostPresent")
      await host.close()
      await other.start("Bea")
      await other.shows("Bea*")
      await other.close()
    })

    it("shows what an outside program publishes, which gets its acknowledgement and sees each event once", async () => {
      const { nc } = logins.publisher
      const seen: string[] = []
      nc.subscribe("updates.store.*", { callback: (_, msg) => void seen.push(msg.subject) })
      await nc.flush()
      const event = publishEvent({ shop_id: shopId, action_id: 6 })
      const acknowledged = await nc.request(shopSubject(shopId), JSON.stringify(event), { timeout: PATIENCE_MS })
      expect(acknowledged.json<{ seq: number }>().seq).to.be.above(5)
      await until("six events", () => feed.length === 6)
      expect((await post(`${edgeUrl()}/publish/${shopId}`, { ...event, action_id: 7 })).status).to.equal(200)
      await until("both", () => seen.length >= 2)
      await nc.flush()
      expect(seen).to.deep.equal([shopSubject(shopId), shopSubject(shopId)])
    })

    it("archives: an archiver takes events from the log and waits for its MongoDB", async () => {
      const nc = await startOwn("archive")
      const archiver = await startArchiver(nc, {
        url: "mongodb://127.0.0.1:1/none",
        takeoverMs: 15_000,
        timeoutMs: 200,
        logger: silentLogger,
      })
      const jsm = await jetstreamManager(logins.service.nc)
      await until("events in its hands", async () => {
        const consumers = await jsm.consumers.list(STREAM).next()
        const durable = consumers.find(({ config }) => config.durable_name !== undefined)
        return (durable?.num_ack_pending ?? 0) >= 7
      })
      await until("a stream for dead letters", async () => (await jsm.streams.names().next()).includes("ARCHIVE_DEAD"))
      await archiver.stop()
    })

    it("keeps annotations, which the service shows", async () => {
      const nc = await startOwn("archive")
      const bucket = new AnnotationBucket(new JetStream(nc))
      const basket = { kind: "basket", shop_id: shopId, session_id: publishEvent().session_id } as const
      const { revision } = await bucket.get(basket)
      expect(await bucket.replace(basket, { seen: "yes" }, revision)).to.equal(true)
      const all = []
      for await (const annotated of bucket.all("basket")) all.push(annotated)
      expect(all).to.deep.equal([basket])
      await until("the annotation at the gateway", async () => {
        const { body } = await get(`${gateway.url}/api/store/${shopId}/basket/${basket.session_id}`)
        return JSON.stringify(body.annotations) === JSON.stringify({ seen: "yes" })
      })
      await nc.flush()
    })

    it("goes on after nats-server and service were killed and started again", async function () {
      skipIfGatewayEndsWithNats(this)
      await nats.kill()
      await nats.restart()
      await service.stop()
      await startOwnService()
      const publish = () => post(`${edgeUrl()}/publish/${shopId}`, publishEvent({ shop_id: shopId, action_id: 8 }))
      await until("a publish to be stored", async () => (await publish()).status === 200)
      await until("the feed to go on", () => [...feed][0]?.action_id === 8)
    })
  })

  describe("a login can't", () => {
    const inboxes = (but: string) =>
      ["_INBOX.>", "_INBOX_edge.>", "_INBOX_service.>", "_INBOX_archive.>", "_INBOX_publisher.>"].filter(
        (inbox) => !inbox.startsWith(but),
      )
    const requests = [
      "access.store.x.feed",
      "get.store.x.feed",
      "call.store.x.feed.publish",
      "auth.shopwire.auth.login",
    ]
    const events = ["event.store.x.feed.add", "system.reset", "system.tokenReset", "conn.c.token"]
    const stored = [
      "updates.store.x",
      "updates.probe",
      "acks.store.1.x",
      "producers.store.1.x.y",
      "$KV.sessions.1.x.state",
      "$KV.logins.x",
      "archive.dead.x",
    ]
    const api = [
      "$JS.API.INFO",
      "$JS.API.STREAM.INFO.UPDATES",
      "$JS.API.STREAM.PURGE.UPDATES",
      "$JS.API.STREAM.DELETE.UPDATES",
      "$JS.API.STREAM.MSG.GET.UPDATES",
      "$JS.API.STREAM.MSG.GET.KV_sessions",
      "$JS.API.DIRECT.GET.KV_sessions",
      "$JS.API.CONSUMER.CREATE.KV_sessions.x",
    ]
    const outside = ["$SYS.REQ.SERVER.PING", "$SYS.ACCOUNT.SHOPWIRE.DISCONNECT"]
    const own = ["changes.store.x"]
    // Between the processes of the service.
    const handedOn = ["shards.shopwire", "shards.shopwire.member.1.0.get.store.x.feed"]

    const forbidden: Record<NatsRole, { publish: string[]; subscribe: string[] }> = {
      gateway: {
        publish: [...events, ...stored, ...api, ...own, ...handedOn, ...outside, "_INBOX_service.x"],
        subscribe: [
          ...inboxes("_INBOX."),
          "shards.>",
          "updates.store.*",
          "call.>",
          "get.>",
          "auth.>",
          "$KV.>",
          ">",
          "$SYS.>",
        ],
      },
      edge: {
        publish: [
          ...events,
          ...stored,
          ...api,
          ...own,
          ...handedOn,
          ...outside,
          "_INBOX_service.x",
          "_INBOX.x",
          "shopwire.edge.a.ping",
          // Requests of gateways, and for what no route of the edge asks.
          "auth.shopwire.auth.login",
          "auth.shopwire.auth.renew",
          "call.shopwire.auth.revoke",
          "call.store.x.feed.other",
          "call.store.x.basket.y.acknowledge",
          "call.store.x.basket.y.complete",
          "get.store.x.orders",
          "get.store.x.baskets",
          "get.store.x.stats",
          "get.shopwire.archive",
          "get.shopwire.catalogue",
          "access.session.x.multicart",
          "access.shopwire.shoppers",
        ],
        subscribe: [
          ...inboxes("_INBOX_edge"),
          ...[
            "shards.>",
            "updates.store.*",
            "call.>",
            "get.>",
            "auth.>",
            "conn.>",
            "$KV.>",
            ">",
            "event.>",
            "event.store.*.stats.*",
          ],
        ],
      },
      service: {
        publish: [
          ...requests,
          ...own,
          ...outside,
          "$JS.API.STREAM.DELETE.UPDATES",
          "archive.dead.x",
          "_INBOX_archive.x",
        ],
        subscribe: [...inboxes("_INBOX_service"), "event.>", "conn.>", ">", "$SYS.>"],
      },
      archive: {
        publish: [
          ...requests,
          ...events,
          ...handedOn,
          ...outside,
          ...stored.filter((subject) => subject !== "archive.dead.x" && subject !== "updates.store.x"),
          // It reads events of the log: by direct gets, and with replicas from the leader.
          ...api.filter((subject) => !/^\$JS\.API\.(STREAM\.(INFO|MSG\.GET)\.UPDATES|INFO)$/.test(subject)),
          "_INBOX_service.x",
          ...own,
          "$JS.API.STREAM.DELETE.KV_annotations",
        ],
        subscribe: [...inboxes("_INBOX_archive"), "shards.>", "updates.store.*", "event.>", "call.>", "$KV.>", ">"],
      },
      publisher: {
        publish: [
          ...requests,
          ...events,
          ...api,
          ...own,
          ...handedOn,
          ...outside,
          ...stored.filter((subject) => subject !== "updates.store.x"),
          "updates.store.1.x",
          "_INBOX.x",
          "_INBOX_publisher.x",
        ],
        subscribe: [
          ...inboxes("_INBOX_publisher"),
          "shards.>",
          "updates.>",
          "event.>",
          "call.>",
          "acks.>",
          "$KV.>",
          ">",
          "$SYS.>",
        ],
      },
    }

    for (const role of natsRoles) {
      for (const subject of forbidden[role].publish) {
        it(`${role}: publish ${subject}`, async () => {
          const { nc, refusals } = logins[role]
          const known = refusals.length
          nc.publish(subject, "{}")
          await until("the refusal", () => refusals.length > known)
          expect(refusals.at(-1)).to.equal(`Permissions Violation for Publish to "${subject}"`)
        })
      }
      for (const subject of forbidden[role].subscribe) {
        it(`${role}: subscribe ${subject}`, async () => {
          const { nc } = logins[role]
          const refused = await new Promise<unknown>((resolve, reject) => {
            nc.subscribe(subject, { callback: (error) => resolve(error) })
            nc.flush().then(() => setTimeout(() => reject(new Error("it may")), 500), reject)
          })
          expect(String(refused)).to.include(`Permissions Violation for Subscription to "${subject}"`)
        })
      }
    }

    it("anybody: connect without a login, or with another's name", async () => {
      for (const wrong of [
        {},
        { user: "edge", pass: "pservice" },
        { user: "edge", pass: "" },
        { user: "admin", pass: "pedge" },
      ]) {
        const error = await connect({ servers: nats.url, ...wrong, reconnect: false }).catch(
          (refusal: Error) => refusal,
        )
        expect(String(error)).to.match(/authorization/i)
      }
    })

    /** Notes where the gateway's login hears answers of the service or of JetStream, not what the service sends of itself. */
    const hearAnswers = (subjects: readonly string[], heard: string[]) =>
      subjects.map((subject) =>
        logins.gateway.nc.subscribe(subject, {
          callback: (_, msg) => void (/^\{"(?:result|error|stream)"/.test(msg.string()) && heard.push(msg.subject)),
        }),
      )

    it("publisher: have an acknowledgement written over a session, or carried out by JetStream", async () => {
      const { nc } = logins.publisher
      const kv = await new Kvm(logins.service.nc).open("sessions")
      const jsm = await jetstreamManager(logins.service.nc)
      const shopId = randomUUID()
      const before = (await jsm.streams.info(STREAM)).state.messages
      const targets = [
        "$KV.sessions.1.x.state",
        "$JS.API.STREAM.PURGE.UPDATES",
        "updates.store.x",
        "conn.c.token",
        "system.reset",
      ]
      const heard: string[] = []
      const gatewayLogin = logins.gateway.nc
      const subscriptions = hearAnswers(["conn.>", "system.>"], heard)
      await gatewayLogin.flush()
      for (const reply of targets)
        nc.publish(shopSubject(shopId), JSON.stringify(publishEvent({ shop_id: shopId })), { reply })
      await nc.flush()
      await until(
        "all to be stored",
        async () => (await jsm.streams.info(STREAM)).state.messages >= before + targets.length,
      )
      await gatewayLogin.flush()
      expect((await jsm.streams.info(STREAM)).state.messages).to.equal(before + targets.length)
      expect(await kv.get("1.x.state")).to.equal(null)
      expect(heard).to.deep.equal([])
      for (const subscription of subscriptions) subscription.unsubscribe()
    })

    it("gateway, edge: have the service's answer stored, sent as an event, or carried out by JetStream", async () => {
      const kv = await new Kvm(logins.service.nc).open("sessions")
      const jsm = await jetstreamManager(logins.service.nc)
      const before = (await jsm.streams.info(STREAM)).state
      const heard: string[] = []
      const { nc } = logins.gateway
      const subscriptions = hearAnswers(["conn.>", "system.>", "event.>"], heard)
      const targets = [
        "$KV.sessions.1.x.state",
        "$JS.API.STREAM.PURGE.UPDATES",
        `updates.store.${randomUUID()}`,
        "acks.store.1.x",
        "producers.store.1.x.y",
        "conn.c.token",
        "system.reset",
        "event.store.x.feed.add",
      ]
      for (const reply of targets) {
        for (const role of ["gateway", "edge"] as const) {
          logins[role].nc.publish("get.shopwire.health", "{}", { reply })
          logins[role].nc.publish("get.shopwire.health", "no JSON", { reply })
          await logins[role].nc.flush()
        }
      }
      const answer = await nc.request("get.shopwire.health", "{}", { timeout: PATIENCE_MS })
      expect(answer.json()).to.have.property("result")
      const after = (await jsm.streams.info(STREAM)).state
      expect([after.messages, after.last_seq]).to.deep.equal([before.messages, before.last_seq])
      expect(await kv.get("1.x.state")).to.equal(null)
      expect(heard).to.deep.equal([])
      for (const subscription of subscriptions) subscription.unsubscribe()
    })
  })

  describe("the service, with AUTH other than none,", () => {
    it("starts with its login of config/nats.conf", async () => {
      await checkNatsPermissions([loginUrl(nats.url, "service", passwords)], "jwks")
    })

    const refusal = async (conf: string | undefined, url: (base: string) => string): Promise<unknown> => {
      const open = await startNats(conf === undefined ? {} : { conf })
      try {
        return await checkNatsPermissions([url(open.url)], "jwks").catch((error: unknown) => error)
      } finally {
        await open.stop()
      }
    }
    const named = (who: string): string =>
      `AUTH=jwks: expected a NATS with permissions, but ${who} may read what gateways are answered; ` +
      "see config/nats.conf, or set ALLOW_OPEN_NATS=true"
    const withLogin = (base: string): string => base.replace("nats://", "nats://service:pservice@")

    it("refuses a NATS without logins in one line", async () => {
      const error = await refusal(undefined, (base) => base)
      expect(error).to.be.instanceOf(SettingError).with.property("message", named("the service's own login"))
    })

    it("refuses a NATS with logins that may all do everything", async () => {
      const conf =
        'authorization { users: [{ user: service, password: "pservice" }, { user: edge, password: "pedge" }] }'
      const error = await refusal(conf, withLogin)
      expect(error).to.be.instanceOf(SettingError).with.property("message", named("the service's own login"))
    })

    it("refuses a NATS that lets in who has no login", async () => {
      const permissions = 'permissions: { publish: ["event.>"], subscribe: ["_INBOX_service.>"] }'
      const users = `users: [{ user: service, password: "pservice", ${permissions} }, { user: any, password: any }]`
      const error = await refusal(`authorization { ${users} }\nno_auth_user: any`, withLogin)
      expect(error).to.be.instanceOf(SettingError).with.property("message", named("anybody without a login"))
    })

    /** Runs the service itself on an open NATS until it ends or says something. */
    const runService = async (settings: NodeJS.ProcessEnv, said: RegExp): Promise<string> => {
      const open = await startNats()
      const auth = { AUTH: "jwks", JWKS_URL: "http://127.0.0.1:1/", JWT_ISSUER: "issuer", JWT_AUDIENCE: "audience" }
      const env = { ...process.env, ...auth, ...settings, NATS_URL: open.url, LOG_LEVEL: "info" }
      const child = spawn(process.execPath, [await compiledProgram("service/main")], {
        cwd: root,
        env,
        stdio: ["ignore", "pipe", "pipe"],
      })
      let output = ""
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (text: Buffer) => {
          output += text.toString()
        })
      }
      const ended = once(child, "close")
      try {
        await until("the service to say it", () => said.test(output))
        return output
      } finally {
        child.kill("SIGTERM")
        await ended
        await open.stop()
      }
    }

    it("ends with that line", async () => {
      const output = await runService({}, /expected a NATS/)
      expect(output.trimEnd().split("\n").at(-1)).to.equal(named("the service's own login"))
    })

    it("starts all the same with ALLOW_OPEN_NATS=true", () =>
      runService({ ALLOW_OPEN_NATS: "true" }, /serves more shards/))
  })
})
