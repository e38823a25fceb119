import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import WebSocket from "ws"
import { compiledProgram } from "../helpers/compiled.ts"
import { startNats, type TestNats } from "../helpers/nats.ts"
import { freePort } from "../helpers/ports.ts"
import { until } from "../helpers/until.ts"

describe("gateway program", () => {
  let program: string
  let folder: string
  let nats: TestNats
  const children: ChildProcess[] = []

  const run = (...args: string[]): { child: ChildProcess; output: () => string } => {
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    })
    children.push(child)
    let text = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk
      })
    }
    return { child, output: () => text }
  }

  const config = async (settings: object): Promise<string> => {
    const file = join(folder, `${Math.random()}.json`)
    await writeFile(file, JSON.stringify(settings))
    return file
  }

  before(async () => {
    program = await compiledProgram("res-service/src/gateway/main")
    folder = await mkdtemp(join(tmpdir(), "gateway-program-"))
    nats = await startNats()
  })

  after(async () => {
    for (const child of children) child.kill("SIGKILL")
    await nats?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it("waits for NATS, serves, shows metrics, and stops on SIGTERM with status 0", async () => {
    await nats.kill()
    const [port, metricsPort] = [await freePort(), await freePort()]
    const file = await config({ port, natsUrl: "nats://127.0.0.1:1", metricsPort, colour: "red" })
    const { child, output } = run("--config", file, "--addr", "127.0.0.1", "--nats", nats.url)
    await until("the attempt to connect", () => output().includes("connecting to NATS"))
    expect(output()).to.match(/unknown setting is ignored {"key":"colour"}/)
    await nats.restart()
    await until("ready", () => / INF ready$/m.test(output()))

    const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
    await once(socket, "open")
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    expect(text).to.match(/^resgate_ws_current_connections 1$/m)
    expect(text).to.match(/^resgate_ws_requests_total{method="subscribe"} 0$/m)
    expect(text).to.match(/# EOF\n$/)

    const closed = once(socket, "close")
    child.kill("SIGTERM")
    const [[status], [code]] = await Promise.all([once(child, "exit"), closed])
    expect(status, output()).to.equal(0)
    expect(code).to.equal(4000)
  })

  it("stops while it waits for NATS", async () => {
    const { child, output } = run("--config", await config({ natsUrl: "nats://127.0.0.1:1", addr: "127.0.0.1" }))
    await until("the attempt to connect", () => output().includes("connecting to NATS"))
    child.kill("SIGINT")
    expect(await once(child, "close"), output()).to.deep.equal([0, null])
  })

  it("says in one line what is wrong with the configuration", async () => {
    const { child, output } = run("--config", await config({ addr: "localhost" }))
    expect(await once(child, "close")).to.deep.equal([1, null])
    expect(output()).to.equal("invalid addr setting (localhost): must be a valid IPv4 or IPv6 address\n")
  })
})
