import { expect } from "chai"
import type { ObservedRequest } from "res-service"
import { type EndedRequest, occurrences } from "../../../observe/occurrences.ts"
import { logHttpRequests, resRequestLog } from "../../../observe/request-log.ts"
import { MemoryLogger } from "../../helpers/memory-logger.ts"
import { until } from "../../helpers/until.ts"

function ended(more: Partial<EndedRequest> = {}): EndedRequest {
  return { requestId: "r1", method: "POST", route: "/publish/:shop_id", status: 200, ms: 4.4, ...more }
}

function told(logger: MemoryLogger): Record<string, unknown>[] {
  return logger.lines.map((line) => JSON.parse(line))
}

describe("logHttpRequests()", () => {
  it("always logs failed and slow requests, but streams and exports are never slow", () => {
    const logger = new MemoryLogger()
    logHttpRequests(logger, { all: false, slowMs: 100 })
    for (const status of [200, 404, 422, 499, 503]) occurrences.httpRequest.tell(ended({ status }))
    for (const route of ["/send", "/stream/:shop_id", "/export/:shop_id"])
      occurrences.httpRequest.tell(ended({ route, ms: 101 }))
    const common = { level: "warn", request_id: "r1", method: "POST" }
    expect(told(logger)).to.deep.equal([
      { ...common, message: "a request failed", route: "/publish/:shop_id", status: 503, ms: 4 },
      { ...common, message: "a request was slow", route: "/send", status: 200, ms: 101 },
    ])
  })

  it("takes the 503 of a probe for an answer, not for a failure", () => {
    const logger = new MemoryLogger()
    logHttpRequests(logger, { all: false, slowMs: 100 })
    for (const route of ["/healthz", "/readyz"])
      occurrences.httpRequest.tell(ended({ method: "GET", route, status: 503 }))
    expect(logger.lines).to.deep.equal([])
  })

  it("logs each request at info with ACCESS_LOG", () => {
    const logger = new MemoryLogger()
    logHttpRequests(logger, { all: true, slowMs: 100 })
    for (const status of [200, 404]) occurrences.httpRequest.tell(ended({ status }))
    expect(logger.messages("info")).to.deep.equal(["request", "request"])
  })

  it("writes ten lines a second about failed requests, and how many were left out", async () => {
    const logger = new MemoryLogger()
    logHttpRequests(logger, { all: false, slowMs: 100 })
    for (let i = 0; i < 1000; i++) occurrences.httpRequest.tell(ended({ status: 503 }))
    expect(logger.lines).to.have.length(10)
    await until("the second to end", () => logger.lines.length > 10)
    expect(told(logger).at(-1)).to.deep.equal({
      level: "warn",
      message: "left out lines about failed and slow requests",
      count: 990,
    })
    occurrences.httpRequest.tell(ended({ status: 500 }))
    expect(logger.lines).to.have.length(12)
  })
})

describe("resRequestLog()", () => {
  const request: ObservedRequest = {
    type: "call",
    name: "session.an-invitation.multicart",
    pattern: "session.$id.multicart",
    method: "start",
    natsHeader: (name) => (name === "X-Request-Id" ? "r1" : undefined),
  }

  it("names the pattern, not the resource, and the code; refusals only with ACCESS_LOG", () => {
    for (const all of [false, true]) {
      const logger = new MemoryLogger()
      const observer = resRequestLog(logger, { all, slowMs: 10_000 })
      for (const code of [undefined, "session.full", "system.internalError"]) observer.onRequest?.(request)?.end(code)
      const common = { request_id: "r1", type: "call", resource: "session.$id.multicart", method: "start" }
      const failed = { level: "warn", message: "a request failed", ...common, code: "system.internalError" }
      const others = ["ok", "session.full"].map((code) => ({ level: "info", message: "request", ...common, code }))
      const lines = told(logger).map(({ ms, ...line }) => {
        expect(ms).to.satisfy(Number.isInteger)
        return line
      })
      expect(lines).to.deep.equal(all ? [...others, failed] : [failed])
    }
  })
})
