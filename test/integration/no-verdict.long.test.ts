import { randomUUID } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { connect } from "nats"
import { serverOptions } from "../../config/process.ts"
import { DEFAULT_COOLDOWN_MS } from "../../service/auth/jwks-verifier.ts"
import { loginUrl } from "../../tools/launch/nats-logins.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { type GuardedDoor, guardedDoors, type Outcome } from "../helpers/guarded-doors.ts"
import { post } from "../helpers/http.ts"
import { Issuer, inSeconds, newSigningKey } from "../helpers/issuer.ts"
import { LauncherKit } from "../helpers/launcher.ts"
import { Storefront } from "../helpers/storefront.ts"
import { suspend } from "../helpers/suspend.ts"
import { until } from "../helpers/until.ts"

/** Time for an answer, in ms: longer than the edge, and the gateway, wait for the service. */
const ASK_MS = 6000

/** Who asks. */
const callers = ["nobody", "forged", "expired", "otherShop", "good"] as const
type Caller = (typeof callers)[number]

/** What the callers but `good` are answered while all is well, and while the issuer is away but its keys are known. */
const refusals: Readonly<Record<Exclude<Caller, "good">, readonly Outcome["answer"][]>> = {
  nobody: [401, "system.accessDenied"],
  forged: [401, "auth.invalidToken"],
  expired: [401, "auth.invalidToken"],
  otherShop: [403, 401, "system.accessDenied"],
}

/** To whoever is in; and to whoever has no invitation to a session that wants one, or whose host has been away for too long. */
const GOOD: readonly Outcome["answer"][] = [200, 204]
const UNINVITED: readonly Outcome["answer"][] = ["session.inviteNeeded", "session.notStarted"]

/** What says that there is no verdict now, by edge, gateway and old WebSocket. Resgate answers a timeout with 404. */
const NO_VERDICT: readonly Outcome["answer"][] = [
  503,
  404,
  "none",
  "system.timeout",
  "system.notFound",
  "system.serviceUnavailable",
  "legacy.unavailable",
]

/** A state that the product can be in. */
interface State {
  readonly name: string
  /** `known`: each caller gets its verdict. `unknown`: nobody gets one. `maybe`: whoever does gets the right one. */
  readonly verdict: "known" | "unknown" | "maybe"
  /** The service answers everybody, so it is known that nothing was tried for those that it does not let in. */
  readonly serviceAnswers?: boolean
  enter(): Promise<void>
  leave(): Promise<void>
}

describe("doors without a verdict", () => {
  const target = { shopId: randomUUID(), basketId: randomUUID(), sessionId: randomUUID() }
  const secret = `secret-${randomUUID()}`
  let kit: LauncherKit
  let issuer: Issuer
  let doors: readonly GuardedDoor[]
  let host: Storefront
  const tokens: Partial<Record<Caller | "admin", string>> = {}

  before(async () => {
    kit = await LauncherKit.create()
    issuer = await Issuer.start()
    await kit.ready(
      kit.start({
        AUTH: "jwks",
        JWKS_URL: issuer.url.href,
        JWT_ISSUER: issuer.issuer,
        JWT_AUDIENCE: issuer.audience,
        // All doors are asked at once, which takes a busy machine more than a second.
        REQUEST_TIMEOUT_MS: "3000",
      }),
    )
    const shops = [target.shopId]
    tokens.good = await issuer.token({ sub: "good", role: "merchant", shops })
    tokens.admin = await issuer.token({ sub: "root", role: "admin" })
    tokens.forged = await issuer.token({ sub: "good", role: "admin", shops }, newSigningKey())
    tokens.expired = await issuer.token({ sub: "good", role: "admin", shops, iat: inSeconds(-99), exp: inSeconds(-30) })
    tokens.otherShop = await issuer.token({ sub: "other", role: "merchant", shops: [randomUUID()] })

    const event = publishEvent({ shop_id: target.shopId, session_id: target.basketId, product_name: secret })
    const authorization = `Bearer ${tokens.good}`
    const stored = await post(`${kit.edgeUrl}/publish/${target.shopId}`, event, { authorization })
    expect(stored.status).to.equal(200)
    const seq = Number(stored.headers.get("x-event-seq"))
    doors = guardedDoors({ ...target, productName: secret, seq, edgeUrl: kit.edgeUrl, gatewayUrl: kit.gatewayUrl })
    host = await Storefront.open(kit.edgeUrl, target.sessionId)
    await host.start(secret)
    host.send("createInvite")
    await host.next("createInvite", 0)
  })

  after(async () => {
    await host?.close()
    await kit?.end()
    await issuer?.stop()
  })

  async function pidOf(name: string): Promise<number> {
    await kit.remember()
    const { pid } = kit.known.find((known) => known.name === name) ?? {}
    if (pid === undefined) throw new Error(`there is no ${name}`)
    return pid
  }

  const signal = async (name: string, which: NodeJS.Signals): Promise<void> =>
    void process.kill(await pidOf(name), which)

  const ask = (door: GuardedDoor, caller: Caller): Promise<Outcome> =>
    door.ask(caller === "good" && door.opensTo === "admin" ? tokens.admin : tokens[caller], ASK_MS)

  async function allOpen(): Promise<void> {
    for (const door of doors)
      await until(`${door.name} to be open`, async () =>
        [...GOOD, ...UNINVITED].includes((await ask(door, "good")).answer),
      )
  }

  /** Asks the service for more than it can do, until it is told to stop. */
  async function overload(): Promise<() => Promise<void>> {
    const passwords = JSON.parse(await readFile(join(kit.dataDir, "nats-logins.json"), "utf8"))
    const nats = await connect(serverOptions([loginUrl(kit.natsUrl, "edge", passwords)]))
    const shop_id = randomUUID()
    const headers = { authorization: `Bearer ${tokens.admin}` }
    for (let i = 0; i < 5; i++) await post(`${kit.edgeUrl}/publish/${shop_id}`, publishEvents(100, shop_id), headers)
    const payload = JSON.stringify({ params: { after: 0 }, token: { bearer: tokens.admin } })
    let stopped = false
    const pump = async (): Promise<void> => {
      while (!stopped)
        await nats.request(`call.store.${shop_id}.feed.read`, payload, { timeout: 60_000 }).catch(() => {})
    }
    const pumps = Array.from({ length: 400 }, pump)
    await until("the service to be too slow", async () => (await fetch(`${kit.edgeUrl}/readyz`)).status === 503)
    return async () => {
      stopped = true
      await Promise.all(pumps)
      await nats.close()
    }
  }

  const nothing = async (): Promise<void> => {}
  let endOverload = nothing
  const states: readonly State[] = [
    { name: "all is well", verdict: "known", serviceAnswers: true, enter: nothing, leave: nothing },
    {
      name: "the issuer is away, its keys are known",
      verdict: "known",
      serviceAnswers: true,
      enter: async () => {
        await issuer.stop()
        // Until then an unknown key is not even looked for.
        await sleep(DEFAULT_COOLDOWN_MS)
      },
      leave: async () => issuer.resume(),
    },
    {
      name: "the issuer is away, its keys are not known",
      verdict: "maybe",
      serviceAnswers: true,
      enter: async () => {
        await issuer.stop()
        await kit.kill("service")
        await until("the service to be back", async () => (await fetch(`${kit.edgeUrl}/readyz`)).ok)
      },
      leave: async () => issuer.resume(),
    },
    {
      name: "the service is stopped",
      verdict: "unknown",
      enter: async () => suspend(await pidOf("service")),
      leave: () => signal("service", "SIGCONT"),
    },
    {
      name: "the service is restarting",
      verdict: "maybe",
      enter: async () => {
        await signal("service", "SIGKILL")
        await sleep(100)
      },
      leave: nothing,
    },
    {
      name: "the service is overloaded",
      verdict: "maybe",
      enter: async () => {
        endOverload = await overload()
      },
      leave: async () => endOverload(),
    },
    {
      name: "NATS is stopped",
      verdict: "unknown",
      enter: async () => suspend(await pidOf("nats")),
      leave: () => signal("nats", "SIGCONT"),
    },
    {
      name: "NATS is gone",
      verdict: "unknown",
      enter: async () => {
        // The launcher would start it again at once.
        await suspend(kit.current.process.pid ?? 0)
        await signal("nats", "SIGKILL")
        await sleep(100)
      },
      leave: async () => void kit.current.process.kill("SIGCONT"),
    },
  ]

  for (const state of states) {
    describe(`while ${state.name}`, () => {
      const outcomes = new Map<string, Outcome>()
      const outcome = (door: GuardedDoor, caller: Caller): Outcome => {
        const found = outcomes.get(`${door.name} ${caller}`)
        if (found === undefined) throw new Error(`${caller} has not asked at ${door.name}`)
        return found
      }

      /** Where the service answers, whoever got no answer in time asks again: on a busy machine it may take longer. */
      const asked = async (door: GuardedDoor, caller: Caller): Promise<Outcome> => {
        if (!state.serviceAnswers) return await ask(door, caller)
        return await until(`a verdict of ${door.name} on ${caller}`, async () => {
          const answer = await ask(door, caller)
          const isAnswered = state.verdict === "maybe" && !answer.text.includes("may or may not be")
          if (isAnswered || !NO_VERDICT.includes(answer.answer)) return answer
          expect(answer.text, `${door.name} for ${caller}`).not.to.include(secret)
          return undefined
        })
      }

      before(async () => {
        // What is known of each token before is the same in each state.
        await allOpen()
        await state.enter()
        try {
          await Promise.all(
            doors.flatMap((door) =>
              callers.map(async (caller) => outcomes.set(`${door.name} ${caller}`, await asked(door, caller))),
            ),
          )
        } finally {
          await state.leave()
        }
      })

      /** What is wrong with the answers to a caller, a line each. */
      const faults = (caller: Caller, own: (door: GuardedDoor) => readonly Outcome["answer"][]): string[] =>
        doors.flatMap((door) => {
          const { answer, text } = outcome(door, caller)
          const right = { known: own(door), unknown: NO_VERDICT, maybe: [...own(door), ...NO_VERDICT] }[state.verdict]
          return right.includes(answer) ? [] : [`${door.name}: ${answer} ${text.slice(0, 300)}`]
        })

      for (const caller of ["nobody", "forged", "expired", "otherShop"] as const) {
        it(`show nothing to ${caller}, and give it no verdict but its own`, () => {
          expect(faults(caller, ({ opensTo }) => (opensTo === "member" ? UNINVITED : refusals[caller]))).to.deep.equal(
            [],
          )
          const leaks = doors.filter((door) => outcome(door, caller).text.includes(secret))
          expect(leaks.map(({ name }) => name)).to.deep.equal([])
          const answers = doors.map((door) => outcome(door, caller).text).join("\n")
          if (state.serviceAnswers) expect(answers).not.to.include("may or may not be")
        })
      }

      it("show a good caller what it may see, or that there is no verdict now", () => {
        const own = ({ opensTo, mayLoseToken }: GuardedDoor): readonly Outcome["answer"][] => {
          if (opensTo === "member") return UNINVITED
          return mayLoseToken && state.verdict === "maybe" ? [...GOOD, 401] : GOOD
        }
        expect(faults("good", own)).to.deep.equal([])
        for (const door of doors) {
          const { answer, text } = outcome(door, "good")
          if (door.shows && answer === 200) expect(text, door.name).to.include(secret)
        }
      })

      it("open to good callers again afterwards", allOpen)
    })
  }
})
