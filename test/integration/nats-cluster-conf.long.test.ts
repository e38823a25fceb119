import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { jetstreamManager } from "@nats-io/jetstream"
import { expect } from "chai"
import { connect } from "nats"
import { serverOptions } from "../../config/process.ts"
import { projectDir } from "../../config/project-dir.ts"
import {
  accountsConf,
  loginUrl,
  type NatsPasswords,
  type NatsRole,
  natsRoles,
  passwordEnv,
} from "../../tools/launch/nats-logins.ts"
import { findNatsServer } from "../../tools/nats/nats-server.ts"
import { runCommand } from "../../tools/programs/run-command.ts"
import { makeCertificate } from "../helpers/certificate.ts"
import { compiledProgram } from "../helpers/compiled.ts"
import { startNats, type TestNats } from "../helpers/nats.ts"
import { freePort } from "../helpers/ports.ts"
import { skip } from "../helpers/skip.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"

const file = join(projectDir, "config/nats-cluster.conf")
const passwords = Object.fromEntries(natsRoles.map((role) => [role, `p${role}`])) as NatsPasswords

describe("config/nats-cluster.conf", function () {
  this.timeout(3 * PATIENCE_MS)
  let folder: string
  let certFile: string
  let env: Record<string, string>
  let servers: TestNats[] = []
  let service: ChildProcess | undefined

  before(async function () {
    const certificate = makeCertificate(["localhost"])
    if (certificate === undefined) skip(this, "openssl")
    folder = await mkdtemp(join(tmpdir(), "shopwire-tls-"))
    certFile = join(folder, "cert.pem")
    await writeFile(certFile, certificate.cert)
    await writeFile(join(folder, "key.pem"), certificate.key)
    env = {
      ...passwordEnv(passwords),
      NATS_SERVER_NAME: "nats-1",
      NATS_ROUTES: "[nats-route://nats-1:6222, nats-route://nats-2:6222, nats-route://nats-3:6222]",
      NATS_TLS_CERT: certFile,
      NATS_TLS_KEY: join(folder, "key.pem"),
      NATS_TLS_CA: certFile,
    }
  })

  after(async () => {
    service?.kill("SIGKILL")
    await Promise.all(servers.map((server) => server.stop()))
    if (folder !== undefined) await rm(folder, { recursive: true })
  })

  it("is valid for nats-server", async () => {
    const server = await findNatsServer({ progress: () => {}, bin: process.env.NATS_SERVER_BIN })
    const { ok, stderr, stdout } = await runCommand(server.file, ["-t", "--config", file], {
      env: { ...process.env, ...env },
      timeoutMs: PATIENCE_MS,
    })
    expect(ok, stderr).to.equal(true)
    expect(stdout + stderr).to.include("is valid")
  })

  it("lets three servers find each other by certificate, and a service with its login store everything on all three", async () => {
    // The file, but for the ports and folders of this machine.
    const own = (await readFile(file, "utf8")).replace('include "nats.conf"', "")
    const ports = [await freePort(), await freePort(), await freePort()]
    const NATS_ROUTES = `[${ports.map((port) => `"nats-route://127.0.0.1:${port}"`).join(", ")}]`
    servers = await Promise.all(
      ports.map((port, i) => {
        const conf = `${accountsConf()}\n${own.replace("0.0.0.0:6222", `127.0.0.1:${port}`)}`
        return startNats({ conf, env: { ...env, NATS_ROUTES, NATS_SERVER_NAME: `nats-${i + 1}` } })
      }),
    )
    const urls = (role: NatsRole): string[] =>
      servers.map(({ port }) => loginUrl(`tls://localhost:${port}`, role, passwords))

    service = spawn(process.execPath, [await compiledProgram("service/main")], {
      env: {
        ...process.env,
        NATS_URL: urls("service").join(","),
        NATS_REPLICAS: "3",
        NODE_EXTRA_CA_CERTS: certFile,
        MONGO_URL: "",
      },
      stdio: "ignore",
    })
    const ended = once(service, "exit")
    const options = { tls: { caFile: certFile }, maxReconnectAttempts: -1 }
    const gateway = await connect({ ...serverOptions(urls("gateway")), ...options, inboxPrefix: "_INBOX" })
    const health = (): Promise<boolean> =>
      gateway.request("get.shopwire.health", "{}", { timeout: 1000 }).then(
        (answer) => answer.json<{ result?: object }>().result !== undefined,
        () => false,
      )
    await until("the service to answer", health)

    const nats = await connect({ ...serverOptions(urls("service")), ...options })
    const { config, cluster } = await (await jetstreamManager(nats)).streams.info("UPDATES")
    expect(config.num_replicas).to.equal(3)
    expect([cluster?.leader, ...(cluster?.replicas ?? []).map(({ name }) => name)].sort()).to.deep.equal([
      "nats-1",
      "nats-2",
      "nats-3",
    ])
    await servers[Number(cluster?.leader?.slice(-1)) - 1]?.kill()
    await until("the service to answer without the leader of the log", health)
    await Promise.all([nats.close(), gateway.close()])
    service.kill()
    expect((await ended)[0]).to.equal(0)
  })
})
