import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { connect, type NatsConnection, nkeys } from "nats"
import type { FileConfig } from "../../res-service/src/gateway/config-file.ts"
import { natsOptions } from "../../res-service/src/gateway/nats-options.ts"
import { startNats, type TestNats } from "../helpers/nats.ts"

/** Not needed here, and needs an account of its own where there are several. */
const WITHOUT_JETSTREAM = "jetstream: disabled"

describe("gateway's login to NATS", () => {
  let nats: TestNats | undefined
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "gateway-login-"))
  })

  afterEach(async () => {
    await nats?.stop()
    nats = undefined
  })

  after(() => rm(folder, { recursive: true, force: true }))

  const login = async (config: FileConfig): Promise<boolean> => {
    let nc: NatsConnection | undefined
    try {
      nc = await connect({ ...natsOptions(config), waitOnFirstConnect: false, maxReconnectAttempts: 0 })
      await nc.flush()
      return true
    } catch (error) {
      expect(String(error)).to.match(/authorization/i)
      return false
    } finally {
      await nc?.close()
    }
  }

  it("takes user and password from the URL, decoded", async () => {
    nats = await startNats({ conf: 'authorization { user: "ann", password: "a/b c", timeout: 60 }' })
    const host = `127.0.0.1:${nats.port}`
    expect(await login({ natsUrl: `nats://ann:a%2Fb%20c@${host}` })).to.equal(true)
    expect(await login({ natsUrl: `nats://ann:wrong@${host}` })).to.equal(false)
    expect(await login({ natsUrl: `nats://${host}` })).to.equal(false)
  })

  it("takes a token from the URL", async () => {
    nats = await startNats({ conf: 'authorization { token: "abc", timeout: 60 }' })
    const host = `127.0.0.1:${nats.port}`
    expect(await login({ natsUrl: `nats://abc@${host}` })).to.equal(true)
    expect(await login({ natsUrl: `nats://wrong@${host}` })).to.equal(false)
  })

  it("takes user credentials from a file", async () => {
    const [operator, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()]
    const conf = [
      WITHOUT_JETSTREAM,
      "authorization { timeout: 60 }",
      `operator: ${jwt("operator", operator, operator)}`,
      "resolver: MEMORY",
      `resolver_preload: { ${account.getPublicKey()}: ${jwt("account", account, operator)} }`,
    ]
    nats = await startNats({ conf: conf.join("\n") })
    const natsCreds = join(folder, "user.creds")
    const parts = [
      ["NATS USER JWT", jwt("user", user, account)],
      ["USER NKEY SEED", Buffer.from(user.getSeed()).toString()],
    ]
    const text = parts.map(([name, value]) => `-----BEGIN ${name}-----\n${value}\n------END ${name}------\n`).join("\n")
    await writeFile(natsCreds, text)
    const natsUrl = `nats://127.0.0.1:${nats.port}`
    expect(await login({ natsUrl, natsCreds })).to.equal(true)
    expect(await login({ natsUrl })).to.equal(false)
  })
})

/** A claim as nats-server reads it, version 2. */
function jwt(type: "operator" | "account" | "user", subject: nkeys.KeyPair, issuer: nkeys.KeyPair): string {
  const unlimited = { subs: -1, data: -1, payload: -1 }
  const limits =
    type === "account" ? { ...unlimited, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 } : {}
  const own = type === "user" ? unlimited : type === "account" ? { limits } : {}
  const claim = {
    jti: type,
    iat: Math.floor(Date.now() / 1000),
    iss: issuer.getPublicKey(),
    name: type,
    sub: subject.getPublicKey(),
    nats: { ...own, type, version: 2 },
  }
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url")
  const signed = `${encode({ typ: "JWT", alg: "ed25519-nkey" })}.${encode(claim)}`
  return `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString("base64url")}`
}
