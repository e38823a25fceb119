import { once } from "node:events"
import { createServer, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { expect } from "chai"
import { EdgePublisher } from "../../cli/edge-publisher.ts"
import { InterruptedError, RefusedError } from "../../cli/exit-status.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"

const MAY_BE = "interrupted: what was sent last may or may not be stored"

describe("EdgePublisher, given Ctrl-C", () => {
  let server: Server
  /** The requests that came, each to be answered by the test. */
  let answers: ServerResponse[]
  let ending: AbortController

  beforeEach(async () => {
    answers = []
    ending = new AbortController()
    server = createServer((_, response) => void answers.push(response))
    await once(server.listen(0, "127.0.0.1"), "listening")
  })

  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  const publisher = (lastAnswerMs = PATIENCE_MS) =>
    new EdgePublisher({
      edgeUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      headers: {},
      signal: ending.signal,
      lastAnswerMs,
    })
  /** What a request comes to. */
  const outcome = (publishing: Promise<number[]>) => publishing.catch((error: unknown) => error)
  const arrived = (count: number) => until(`request ${count}`, () => answers[count - 1])

  it("waits for the answer of the request that is under way, and sends no other", async () => {
    const one = publisher()
    const first = outcome(one.publish("shop", {}, "a"))
    const response = await arrived(1)
    ending.abort()
    response.setHeader("x-event-seq", "7").end("{}")
    expect(await first).to.deep.equal([7])
    expect(await outcome(one.publish("shop", {}, "b")))
      .to.be.instanceOf(InterruptedError)
      .and.to.have.property("message", "interrupted")
    expect(answers).to.have.length(1)
  })

  it("tells why a request is refused that was under way", async () => {
    const first = outcome(publisher().publish("shop", {}, "a"))
    const response = await arrived(1)
    ending.abort()
    response.writeHead(422).end(JSON.stringify({ code: "system.invalidParams", detail: "no" }))
    expect(await first)
      .to.be.instanceOf(RefusedError)
      .and.to.have.property("message", "422 system.invalidParams: no")
  })

  for (const [name, answer] of [
    ["no answer", () => {}],
    ["half an answer", (response) => response.writeHead(200).write("{")],
    ["an answer that asks for a retry", (response) => response.writeHead(503).end("{}")],
  ] as [string, (response: ServerResponse) => void][]) {
    it(`says that the events may or may not be stored, given ${name}, and does not repeat the request`, async () => {
      const first = outcome(publisher(100).publish("shop", {}, "a"))
      const response = await arrived(1)
      ending.abort()
      answer(response)
      expect(await first)
        .to.be.instanceOf(InterruptedError)
        .and.to.have.property("message", MAY_BE)
      expect(answers).to.have.length(1)
    })
  }

  it("does not wait for the end of a pause between two attempts", async () => {
    const first = outcome(publisher().publish("shop", {}, "a"))
    const response = await arrived(1)
    response.writeHead(503, { "retry-after": "3600" }).end("{}")
    await once(response, "close")
    ending.abort()
    expect(await first)
      .to.be.instanceOf(InterruptedError)
      .and.to.have.property("message", MAY_BE)
    expect(answers).to.have.length(1)
  })
})
