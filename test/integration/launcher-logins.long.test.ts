import { randomUUID } from "node:crypto"
import { readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { expect } from "chai"
import { connect } from "nats"
import { serverOptions } from "../../config/process.ts"
import { publishEvent } from "../helpers/events.ts"
import { type Answer, get, post } from "../helpers/http.ts"
import { Issuer } from "../helpers/issuer.ts"
import { LauncherKit, type Run } from "../helpers/launcher.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"

describe("npm start with AUTH=jwks", () => {
  const shopId = randomUUID()
  let kit: LauncherKit
  let issuer: Issuer
  let settings: NodeJS.ProcessEnv
  let authorization: string

  before(async () => {
    kit = await LauncherKit.create()
    issuer = await Issuer.start()
    settings = { AUTH: "jwks", JWKS_URL: issuer.url.href, JWT_ISSUER: issuer.issuer, JWT_AUDIENCE: issuer.audience }
    authorization = `Bearer ${await issuer.token({ role: "merchant", shops: [shopId] })}`
  })

  after(async () => {
    await kit?.end()
    await issuer?.stop()
  })

  const publish = (): Promise<Answer> =>
    post(`${kit.edgeUrl}/publish/${shopId}`, publishEvent({ shop_id: shopId }), { authorization })
  const feedLength = async (): Promise<number> => {
    const answer = await fetch(`${kit.gatewayUrl}/api/store/${shopId}/feed`, { headers: { authorization } })
    return answer.status === 200 ? ((await answer.json()) as unknown[]).length : -1
  }
  /** Another address of this machine stands for the network. */
  const natsIsOpen = async (): Promise<{ toThisMachine: boolean; toTheNetwork: boolean }> => {
    const reaches = async (host: string): Promise<boolean> =>
      await connect({ servers: `${host}:${kit.ports.NATS_PORT}`, reconnect: false, timeout: PATIENCE_MS }).then(
        async (nats) => {
          await nats.close()
          return true
        },
        () => false,
      )
    return { toThisMachine: await reaches("127.0.0.1"), toTheNetwork: await reaches("127.0.0.2") }
  }
  const stop = async ({ process, ended }: Run): Promise<void> => {
    process.kill("SIGINT")
    await ended
  }
  const logins = async (): Promise<Record<string, string>> =>
    JSON.parse(await readFile(join(kit.dataDir, "nats-logins.json"), "utf8"))

  it("warns, without it, when what is open to everybody is open to the network, and so does the edge; NATS stays shut", async () => {
    const open = await kit.ready(kit.start({ HOST: "0.0.0.0" }))
    expect(open.stdout()).to.match(
      /WARNING: AUTH=none and HOST=0\.0\.0\.0: anyone who reaches this machine may .* through edge and gateway$/m,
    )
    await until("the edge's warning", () =>
      /edge .*WARN.* AUTH=none: anyone who reaches this address may/.test(open.stdout()),
    )
    expect((await publish()).status).to.equal(200)
    expect(await natsIsOpen()).to.deep.equal({ toThisMachine: true, toTheNetwork: false })
    await stop(open)
  })

  it("opens NATS, which has no logins without it, to the network only when NATS_HOST says so", async () => {
    const open = await kit.ready(kit.start({ NATS_HOST: "0.0.0.0" }))
    expect(await natsIsOpen()).to.deep.equal({ toThisMachine: true, toTheNetwork: true })
    expect(open.stdout()).to.match(/WARNING: AUTH=none and NATS_HOST=0\.0\.0\.0: anyone who reaches .* through NATS$/m)
    await stop(open)
  })

  it("starts without an error or warning in any log", async () => {
    const run = await kit.ready(kit.start(settings))
    await stop(run)
    const lines = run.stdout().split("\n")
    expect(lines.filter((line) => /ERR|WARN|FATAL|\bat .*:\d+:\d+/.test(line))).to.deep.equal([])
    expect(run.stderr()).to.equal("")
  })

  it("keeps what was stored without logins", async () => {
    await kit.ready(kit.start(settings))
    await until("the event from before", async () => (await feedLength()) === 1)
  })

  it("runs the product, each process with a login of its own", async () => {
    expect((await publish()).status).to.equal(200)
    await until("the event", async () => (await feedLength()) === 2)
    expect((await get(`${kit.gatewayUrl}/api/store/${shopId}/feed`)).status).to.equal(401)
    const nats = await connect(serverOptions([kit.natsUrl.replace("//", `//publisher:${(await logins()).publisher}@`)]))
    nats.publish(`updates.store.${shopId}`, JSON.stringify(publishEvent({ shop_id: shopId })))
    await nats.flush()
    await until("the outside program's event", async () => (await feedLength()) === 3)
    await nats.close()
  })

  it("lets nobody in at NATS without a login", async () => {
    const refusal = await connect({ servers: kit.natsUrl, reconnect: false }).catch((error: unknown) => error)
    expect(String(refusal)).to.match(/authorization/i)
  })

  it("recovers from a kill -9 of nats-server, service, edge and gateway", async () => {
    const gateway = kit.known.some(({ name }) => name === "resgate") ? "resgate" : "gateway"
    for (const victim of ["nats", "service", "edge", gateway]) await kit.kill(victim)
    await until("a publish", async () => (await publish().catch(() => undefined))?.status === 200)
    await until("the feed", async () => (await feedLength().catch(() => 0)) >= 4)
  })

  it("keeps passwords and tokens to itself: files for its own user alone, nothing in command lines or logs", async () => {
    for (const file of ["nats-logins.json", "gateway.config.json", "launcher.json"])
      expect((await stat(join(kit.dataDir, file))).mode & 0o777, file).to.equal(0o600)
    await kit.remember()
    const shown = [
      kit.current.stdout(),
      kit.current.stderr(),
      await readFile(join(kit.dataDir, "nats-server.log"), "utf8"),
      await readFile(join(kit.dataDir, "nats-server.conf"), "utf8"),
      ...(await Promise.all(kit.known.map(({ pid }) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")))),
    ].join("\n")
    for (const secret of [...Object.values(await logins()), authorization.slice("Bearer ".length)])
      expect(shown.includes(secret)).to.equal(false)
  })

  it("leaves what was stored there for a start without it, which on this machine alone warns of nothing", async () => {
    const stored = await feedLength()
    expect(stored).to.be.at.least(4)
    await stop(kit.current)
    const own = await kit.ready(kit.start())
    expect(await feedLength()).to.equal(stored)
    expect(own.stdout()).not.to.match(/AUTH=none/)
  })
})
