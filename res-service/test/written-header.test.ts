import { MsgHdrsImpl } from "@nats-io/nats-core/internal"
import { expect } from "chai"
import { WrittenHeader } from "../src/written-header.ts"

describe("WrittenHeader", () => {
  it("is written as the official client writes the same headers", () => {
    const given = { "Nats-Msg-Id": "a: b", "Res-Event": "counter.12.x", "X-Text": "grün" }
    const official = new MsgHdrsImpl()
    for (const [name, value] of Object.entries(given)) official.set(name, value)
    expect(Buffer.from(new WrittenHeader(given).encode())).to.deep.equal(Buffer.from(official.encode()))
  })

  it("refuses a line break, which would begin another header", () => {
    for (const value of ["a\r\nNats-Rollup: all", "a\n", "\r"])
      expect(() => new WrittenHeader({ "X-Text": value })).to.throw(TypeError, '"X-Text"')
    expect(() => new WrittenHeader({ "X\nY": "a" })).to.throw(TypeError)
  })
})
