import { setTimeout as sleep } from "node:timers/promises"
import { Kvm } from "@nats-io/kv"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { jwksVerifier } from "../../service/auth/jwks-verifier.ts"
import type { ServiceOptions } from "../../service/service.ts"
import { StandbyService } from "../../service/standby.ts"
import { Issuer } from "../helpers/issuer.ts"
import { startNats, type TestNats } from "../helpers/nats.ts"
import { serviceOptions } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"

/** How often an active service asks the issuer here, in ms. */
const USER_STATE_INTERVAL_MS = 50
/** Some polls of the lease, many intervals of everything else. */
const WATCHED_MS = 1500

/** What a standby may send and listen to: the lease's bucket, and its own inbox. */
const OF_LEASE = /KV_leases|^\$KV\.leases\.|^\$JS\.API\.INFO$|^_INBOX/

/** A service with AUTH on, and what it sends. */
class WatchedService {
  readonly standby: StandbyService
  active = false
  /** Questions to the issuer about users. */
  asked = 0
  /** Subjects that it has published to, asked at, or listened to on its last connection. */
  subjects: string[] = []

  constructor(natsServer: TestNats, issuer: Issuer) {
    const { url, issuer: name, audience } = issuer
    const verifier = jwksVerifier({ url, issuer: name, audience, claimPrefix: "" })
    const options: ServiceOptions = {
      ...serviceOptions,
      sessions: { ...serviceOptions.sessions, leaseMs: 100, hiddenLeaseMs: 200 },
      auth: {
        verifier: {
          verify: (jwt) => verifier.verify(jwt),
          userState: async () => {
            this.asked++
            return { validSince: 0, grants: { role: "admin", shops: [] } }
          },
        },
        userStateIntervalMs: USER_STATE_INTERVAL_MS,
        cookie: undefined,
      },
    }
    this.standby = new StandbyService(async () => this.#watched(await connect({ servers: natsServer.url })), options)
    void this.standby.active.then(() => {
      this.active = true
    })
  }

  #watched(nc: NatsConnection): NatsConnection {
    const subjects: string[] = []
    this.subjects = subjects
    return new Proxy(nc, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== "function") return member
        return (...args: unknown[]) => {
          if (["publish", "request", "requestMany", "subscribe"].includes(String(name))) subjects.push(String(args[0]))
          return Reflect.apply(member, target, args)
        }
      },
    })
  }
}

describe("a standby, with AUTH on and sessions open,", () => {
  let natsServer: TestNats
  let nats: NatsConnection
  let issuer: Issuer
  let first: WatchedService
  let second: WatchedService

  before(async () => {
    issuer = await Issuer.start()
    natsServer = await startNats()
    nats = await connect({ servers: natsServer.url })
    first = new WatchedService(natsServer, issuer)
    await first.standby.active
    second = new WatchedService(natsServer, issuer)

    const token = await issuer.token({ role: "admin" })
    const login = await resRequest(nats, "auth.shopwire.auth.login", { cid: "c1", params: { token } })
    expect(login.error).to.equal(undefined)
    const start = { cid: "c1", params: { customerName: "Ann" } }
    expect((await resRequest(nats, "call.session.s1.multicart.start", start)).error).to.equal(undefined)
  })

  after(async () => {
    await Promise.all([first, second].map((each) => each?.standby.stop()))
    await nats?.close()
    await natsServer?.stop()
    await issuer?.stop()
  })

  const expectIdle = async (standby: WatchedService, active: WatchedService): Promise<void> => {
    const { asked } = standby
    standby.subjects.length = 0
    await until("the active service to ask the issuer", () => active.asked > 0)
    await sleep(WATCHED_MS)
    expect(standby.asked, "questions to the issuer").to.equal(asked)
    expect(standby.subjects).to.not.deep.equal([])
    expect(standby.subjects.filter((subject) => !OF_LEASE.test(subject))).to.deep.equal([])
  }

  it("only reads the lease, and asks no issuer", async () => {
    expect(second.active).to.equal(false)
    await expectIdle(second, first)
    expect(second.asked).to.equal(0)
  })

  it("does so again after it has lost the lease, when it has sent its last reset", async () => {
    const bucket = await new Kvm(nats).open("leases")
    const holder = async (): Promise<string | undefined> => (await bucket.get("service"))?.json<{ id: string }>().id
    // The first takes the lease again as often as it is faster than the second.
    await until("the second to be active", async () => {
      if (second.active) return true
      await bucket.purge("service")
      await until("a holder", () => holder().catch(() => undefined))
      await sleep(500)
      return second.active
    })
    await until("the first one's last reset", () => first.subjects.includes("system.reset"))
    await expectIdle(first, second)
  })
})
