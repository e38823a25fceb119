import { once } from "node:events"
import { createServer as createHttpServer } from "node:http"
import { type AddressInfo, createServer, type Server } from "node:net"
import { expect } from "chai"
import { archiveCheck } from "../../../cli/doctor/archive-check.ts"
import { clockFinding } from "../../../cli/doctor/clock.ts"
import { edgeCheck, gatewayCheck } from "../../../cli/doctor/doors-check.ts"
import type { Check } from "../../../cli/doctor/finding.ts"
import { serversCheck } from "../../../cli/doctor/nats-check.ts"
import { signInCheck } from "../../../cli/doctor/sign-in-check.ts"
import { version } from "../../../config/version.ts"
import { freePort } from "../../helpers/ports.ts"
import { TestTerminal } from "../../helpers/terminal.ts"

/** What a path answers: a status and JSON. */
type Answers = Readonly<Record<string, readonly [status: number, body: object]>>

const ready: Answers = {
  "/healthz": [200, { alive: true }],
  "/readyz": [200, { nats: true, service: true }],
  "/openapi.json": [200, { info: { version } }],
}
const archived = { archiving: true, waiting: 3, lag_ms: 500, dead_letters: 0 }

describe("doctor, given answers that a sound product does not give", () => {
  const servers: Server[] = []

  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })

  async function portOf(server: Server): Promise<number> {
    servers.push(server)
    await once(server.listen(0, "127.0.0.1"), "listening")
    return (server.address() as AddressInfo).port
  }

  /** What a check finds where one server answers as edge and gateway; ok findings without advice are left out. */
  async function found(check: Check, answers: Answers, env: NodeJS.ProcessEnv = {}, behindMs = 0): Promise<string[]> {
    const port = await portOf(
      createHttpServer((request, response) => {
        const [status, body] = answers[request.url ?? ""] ?? [404, {}]
        const date = new Date(Date.now() - behindMs).toUTCString()
        response.writeHead(status, { date, connection: "close" }).end(JSON.stringify(body))
      }),
    )
    const url = `http://127.0.0.1:${port}`
    return await findings(check, { EDGE_URL: url, RESGATE_URL: url, ...env })
  }

  async function findings(check: Check, env: NodeJS.ProcessEnv): Promise<string[]> {
    const all = await check.run(new TestTerminal(env))
    for (const { state, advice } of all) expect(advice === undefined).to.equal(state === "ok")
    return all.flatMap(({ state, found }) => (state === "ok" ? [] : [`${state}: ${found}`]))
  }

  it("finds why an edge is not ready, is another program, or has another version or clock", async () => {
    expect(await found(edgeCheck, ready)).to.deep.equal([])
    for (const [body, reason] of [
      [{ nats: false, service: false }, "the edge has no connection to NATS"],
      [{ nats: true, service: false }, "the service does not answer the edge"],
      [{ nats: true, service: true }, "the edge is stopping"],
    ] as const)
      expect(await found(edgeCheck, { ...ready, "/readyz": [503, body] })).to.deep.equal([`problem: ${reason}`])
    expect((await found(edgeCheck, {})).join()).to.match(/^problem: another program answers at http:/)
    const older = { ...ready, "/openapi.json": [200, { info: { version: "0.0.1" } }] } as const
    expect(await found(edgeCheck, older)).to.deep.equal([`warning: it has version 0.0.1, this command ${version}`])
    expect((await found(edgeCheck, ready, {}, 3_600_000)).join()).to.match(/^warning: its clock is 3[56]\d\d s behind/)
  })

  it("finds a gateway without a service, and another program in its place", async () => {
    const answer = (status: number, body: object) => ({ "/api/shopwire/health": [status, body] }) as const
    expect(await found(gatewayCheck, answer(200, { last_seq: 5 }))).to.deep.equal([])
    expect((await found(gatewayCheck, answer(404, { code: "system.notFound" }))).join()).to.match(
      /^problem: \S+ answers 404 system\.notFound$/,
    )
    expect((await found(gatewayCheck, answer(404, {}))).join()).to.match(/^problem: another program answers/)
  })

  it("finds an archive that is late or has refused something, and a MongoDB that is away, without its password", async () => {
    const status = (change: object) => ({ "/api/shopwire/archive": [200, { ...archived, ...change }] }) as const
    expect(await found(archiveCheck, status({}))).to.deep.equal([])
    expect(await found(archiveCheck, status({ lag_ms: 90_000, dead_letters: 2 }))).to.deep.equal([
      "warning: 3 events wait to be archived, the oldest for 90 s",
      "warning: MongoDB has refused 2 events or baskets for good",
    ])
    for (const rest of [`127.0.0.1:${await freePort()}/x`, "127.0.0.1/x?colour=red", "b@c"]) {
      const MONGO_URL = `mongodb://ann:s3cret@${rest}`
      const [mongo = ""] = await found(archiveCheck, status({}), { MONGO_URL })
      expect(mongo)
        .to.match(/^problem: MongoDB does not answer: /)
        .and.not.include("s3cret")
    }
  })

  it("finds another AUTH than the edge's, and keys that cannot be had", async () => {
    expect(await found(signInCheck, { "/config.json": [200, { auth: { kind: "jwks" } }] })).to.deep.equal([
      "warning: the edge has AUTH=jwks, the environment here AUTH=none",
    ])
    const port = await portOf(
      createHttpServer((_, response) => {
        response.writeHead(200, { connection: "close" }).end(JSON.stringify({ auth: { kind: "jwks" } }))
      }),
    )
    const [keys = ""] = await findings(signInCheck, {
      EDGE_URL: `http://127.0.0.1:${port}`,
      AUTH: "jwks",
      JWKS_URL: `http://127.0.0.1:${await freePort()}/keys`,
      JWT_ISSUER: "https://issuer.example",
      JWT_AUDIENCE: "shopwire",
    })
    expect(keys).to.match(/^problem: the issuer's keys cannot be had: /)
  })

  it("finds a nats-server that is too old, has no JetStream or no logins, and another program in its place", async () => {
    const greeted = async (greeting: string) =>
      await findings(serversCheck, {
        AUTH: "jwks",
        NATS_URL: `nats://ann:s3cret@127.0.0.1:${await portOf(createServer((socket) => socket.end(greeting)))}`,
      })
    const info = (members: object) =>
      `INFO ${JSON.stringify({ version: "2.15.2", jetstream: true, auth_required: true, ...members })}\r\n`
    expect(await greeted(info({}))).to.deep.equal([])
    const all = await greeted(info({ version: "2.9.1", jetstream: false, auth_required: false }))
    expect(all[0]).to.match(/^problem: nats:\/\/127\.0\.0\.1:\d+ is nats-server 2\.9\.1$/)
    expect(all.slice(1)).to.deep.equal([
      "problem: it has no JetStream",
      "warning: it asks for no login, but AUTH is on",
    ])
    expect((await greeted("HTTP/1.1 400 Bad Request\r\n\r\n")).join()).to.match(/the server there is not nats-server$/)
  })
})

describe("clockFinding()", () => {
  const times = { askedAt: 10_000, answeredAt: 11_000 }

  it("warns of a difference of more than 2 s that the time of the answer cannot explain", () => {
    for (const [theirs, resolutionMs, state, found] of [
      [10_500, 0, "ok", "its clock agrees with the one here"],
      [13_000, 0, "ok", "its clock agrees with the one here"],
      [14_000, 0, "warning", "its clock is 3 s ahead of the one here"],
      [7_000, 1000, "ok", "its clock agrees with the one here"],
      [6_000, 1000, "warning", "its clock is 3 s behind the one here"],
    ] as const)
      expect(clockFinding(theirs, times, resolutionMs)).to.include({ state, found })
  })
})
