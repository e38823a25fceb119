import { once } from "node:events"
import { createServer as createHttpServer } from "node:http"
import { type AddressInfo, createServer, type Server } from "node:net"
import { expect } from "chai"
import { natsInfo } from "../../../../config/nats-info.ts"
import { httpAnswers, waitUntil } from "../../../../tools/launch/readiness.ts"
import { StartError } from "../../../../tools/launch/start-error.ts"
import { PATIENCE_MS } from "../../../helpers/until.ts"

const servers: Server[] = []

async function portOf(server: Server): Promise<number> {
  servers.push(server.listen(0, "127.0.0.1"))
  await once(server, "listening")
  return (server.address() as AddressInfo).port
}

function reasonOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "none",
    (error: Error) => error.message,
  )
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

describe("waitUntil()", () => {
  it("looks again until it sees, and gives what it saw", async () => {
    let looks = 0
    const look = async () => {
      looks += 1
      if (looks < 3) throw new Error("not yet")
      return looks
    }
    expect(await waitUntil("it", look, { deadlineMs: PATIENCE_MS })).to.equal(3)
  })

  it("names what it waited for, the deadline and the last reason", async () => {
    const wait = waitUntil("nats-server", () => Promise.reject(new Error("refused")), { deadlineMs: 60 })
    const error = await wait.catch((error: unknown) => error)
    expect(error).to.be.instanceOf(StartError)
    expect(error).to.have.property("message", "nats-server was not ready within 0.06 s (refused)")
  })

  it("gives up at once when it is hopeless", async () => {
    const wait = waitUntil("it", () => Promise.reject(new Error("refused")), {
      deadlineMs: 60_000,
      hopeless: () => "it ended 3 times",
    })
    expect(await reasonOf(wait)).to.equal("it: it ended 3 times")
  })
})

describe("natsInfo()", () => {
  const ask = (port: number, timeoutMs = PATIENCE_MS) =>
    natsInfo(`nats://user:secret@127.0.0.1:${port}`, AbortSignal.timeout(timeoutMs))

  it("reads the greeting, also when it comes in pieces", async () => {
    const port = await portOf(
      createServer((socket) => {
        socket.write('INFO {"version":"2.15.2",')
        setTimeout(() => socket.write('"jetstream":true} \r\nPING\r\n'), 20)
      }),
    )
    expect(await ask(port)).to.include({ version: "2.15.2", jetstream: true })
  })

  it("refuses another protocol, a closed connection and silence", async () => {
    const http = await portOf(createServer((socket) => socket.write("HTTP/1.1 400 Bad Request\r\n")))
    expect(await reasonOf(ask(http))).to.equal("the server there is not nats-server")
    const closing = await portOf(createServer((socket) => socket.destroy()))
    expect(await reasonOf(ask(closing))).to.match(/without a greeting|ECONNRESET/)
    const silent = await portOf(createServer((socket) => socket.on("error", () => {}).resume()))
    expect(await reasonOf(ask(silent, 50))).to.match(/abort/i)
  })
})

describe("httpAnswers()", () => {
  it("takes any answer, or insists on 200", async () => {
    const port = await portOf(
      createHttpServer((_req, res) => {
        res.statusCode = 503
        res.end()
      }),
    )
    const url = `http://127.0.0.1:${port}`
    await httpAnswers(url, AbortSignal.timeout(PATIENCE_MS), { ok: false })
    const refused = httpAnswers(url, AbortSignal.timeout(PATIENCE_MS), { ok: true })
    expect(await reasonOf(refused)).to.equal(`GET ${url} answers 503`)
  })

  it("says that nobody listens", async () => {
    const server = createServer()
    const port = await portOf(server)
    await new Promise((resolve) => server.close(resolve))
    const answer = httpAnswers(`http://127.0.0.1:${port}`, AbortSignal.timeout(PATIENCE_MS), { ok: false })
    expect(await reasonOf(answer)).to.include("ECONNREFUSED")
  })
})
