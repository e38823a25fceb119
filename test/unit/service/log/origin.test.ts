import { expect } from "chai"
import { headers } from "nats"
import { originOf, requestIdIn } from "../../../../service/log/origin.ts"

const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

const asked = (given: Record<string, string>) => originOf({ natsHeader: (name) => given[name] })

describe("originOf()", () => {
  it("takes over the ID of a request and its trace", () => {
    const given = { "X-Request-Id": "abc-1", traceparent: TRACE }
    expect(asked({ ...given, "Nats-Msg-Id": "x" })).to.deep.equal(given)
    expect(asked({ traceparent: TRACE })).to.deep.equal({ traceparent: TRACE })
    expect(asked({})).to.equal(undefined)
  })

  it("takes over nothing else: no other text becomes a header of the log", () => {
    for (const id of ["", "a b", "a\r\nNats-Rollup: all", "x".repeat(129), "é"])
      expect(asked({ "X-Request-Id": id }), id).to.equal(undefined)
    for (const trace of [
      TRACE.toUpperCase(),
      `${TRACE}-x`,
      TRACE.replace("00-4", "ff-4"),
      `00-${"0".repeat(32)}${TRACE.slice(35)}`,
    ])
      expect(asked({ traceparent: trace }), trace).to.equal(undefined)
  })
})

describe("requestIdIn()", () => {
  it("reads the ID from a message's headers, unless another program has written something else there", () => {
    const written = headers()
    expect(requestIdIn(undefined)).to.equal(undefined)
    expect(requestIdIn(written)).to.equal(undefined)
    written.set("X-Request-Id", "abc-1")
    expect(requestIdIn(written)).to.equal("abc-1")
    written.set("X-Request-Id", "<b>")
    expect(requestIdIn(written)).to.equal(undefined)
  })
})
