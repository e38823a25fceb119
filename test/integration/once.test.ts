import { setTimeout as sleep } from "node:timers/promises"
import { jetstream } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { jwksVerifier } from "../../service/auth/jwks-verifier.ts"
import { BUCKET } from "../../service/auth/logins.ts"
import { RunningService } from "../../service/running-service.ts"
import type { ServiceOptions } from "../../service/service.ts"
import { ONCE, SHARDS } from "../../service/shards.ts"
import { Issuer, inSeconds } from "../helpers/issuer.ts"
import { startNats, type TestNats } from "../helpers/nats.ts"
import { serviceOptions } from "../helpers/product.ts"
import { resRequest } from "../helpers/res.ts"
import { until } from "../helpers/until.ts"

/** How often the issuer is asked here, in ms. */
const USER_STATE_INTERVAL_MS = 50
/** Many intervals of questions and of the expiry of logins. */
const WATCHED_MS = 1500

/** A service with AUTH on, and what only one of several does. */
class WatchedService {
  readonly service: RunningService
  /** Questions to the issuer about users. */
  asked = 0
  /** Subjects of logins that it has ended. */
  ended: string[] = []

  constructor(natsServer: TestNats, issuer: Issuer) {
    const { url, issuer: name, audience } = issuer
    const verifier = jwksVerifier({ url, issuer: name, audience, claimPrefix: "" })
    const options: ServiceOptions = {
      ...serviceOptions,
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
    this.service = new RunningService(async () => this.#watched(await connect({ servers: natsServer.url })), options)
  }

  get isOnce(): boolean {
    return this.service.shards.includes(ONCE)
  }

  // Only an end of a login is a message without content: a purge.
  #watched(nc: NatsConnection): NatsConnection {
    return new Proxy(nc, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== "function") return member
        return (...args: unknown[]) => {
          const [subject, payload] = args
          const isEmpty = (payload as { length?: number } | undefined)?.length === 0
          if (name === "request" && String(subject).startsWith(`$KV.${BUCKET}.`) && isEmpty)
            if (!String(subject).endsWith(".started")) this.ended.push(String(subject))
          return Reflect.apply(member, target, args)
        }
      },
    })
  }
}

describe("what exists once, with AUTH on and two services,", () => {
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
    await first.service.serving
    second = new WatchedService(natsServer, issuer)
    await second.service.serving
    await until("one of them to have it", () => first.isOnce !== second.isOnce)
    await logIn("lasting", 3600)
  })

  after(async () => {
    await Promise.all([first, second].map((each) => each?.service.stop()))
    await nats?.close()
    await natsServer?.stop()
    await issuer?.stop()
  })

  async function logIn(cid: string, forSeconds: number): Promise<void> {
    // On a busy machine a token of two seconds may have expired before the service sees it.
    await until("a login", async () => {
      const token = await issuer.token({ role: "admin", sub: cid, exp: inSeconds(forSeconds) })
      return (await resRequest(nats, "auth.shopwire.auth.login", { cid, params: { token } })).error === undefined
    })
  }

  const logins = async (): Promise<number> => {
    const kv = await new Kvm(jetstream(nats)).open(BUCKET)
    let count = 0
    for await (const key of await kv.keys()) if (/^\w+\.[\w-]{22}$/.test(key) && !key.endsWith(".granted")) count++
    return count
  }

  /** One of them asks the issuer and ends a login that expires; the other does nothing of this. */
  async function expectOnly(owner: WatchedService, other: WatchedService): Promise<void> {
    const [asked, ended] = [other.asked, other.ended.length]
    const [before, endedBefore] = [owner.asked, owner.ended.length]
    await until("the owner to ask the issuer", () => owner.asked > before)
    await logIn(`short-${before}`, 2)
    await until("the expired login to be ended", () => owner.ended.length > endedBefore)
    await sleep(WATCHED_MS)
    await until("no login but the lasting one", async () => (await logins()) === 1)
    expect(owner.ended.length).to.equal(endedBefore + 1)
    expect(other.asked, "questions of the other").to.equal(asked)
    expect(other.ended.length, "logins that the other ended").to.equal(ended)
  }

  it("is done by one of them: it asks the issuer and ends expired logins", async () => {
    const [owner, other] = first.isOnce ? [first, second] : [second, first]
    await expectOnly(owner, other)
  })

  it("is done by one of them again, when the one has lost its lease", async () => {
    const bucket = await new Kvm(jetstream(nats)).open("shopwire-shards")
    const ownerNow = async () => (await bucket.get(`shard.${ONCE}`))?.json<{ owner?: string }>().owner
    const lost = await ownerNow()
    await bucket.purge(`member.${lost}`)
    await until("another owner", async () => ![undefined, lost].includes(await ownerNow()))
    const shares = (): number[] => [first, second].map(({ service }) => service.shards.length)
    await until("even shares", () => {
      const [one = 0, other = 0] = shares()
      return one + other === SHARDS && Math.min(one, other) === Math.floor(SHARDS / 2)
    })
    const [owner, other] = first.isOnce ? [first, second] : [second, first]
    expect(other.isOnce).to.equal(false)
    await expectOnly(owner, other)
  })

  it("is done by the one that is left", async () => {
    const [owner, other] = first.isOnce ? [first, second] : [second, first]
    await owner.service.stop()
    await until("the other one to have it", () => other.isOnce)
    await expectOnly(other, owner)
  })
})
