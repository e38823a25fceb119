import { MsgImpl } from "@nats-io/nats-core/internal"
import { expect } from "chai"
import fc from "fast-check"
import { readHeader } from "../src/read-header.ts"
import { WrittenHeader } from "../src/written-header.ts"

/** A message as the official client makes it of what it has received. */
function received(headers: Record<string, string> | undefined, payload: string): MsgImpl {
  const head = headers === undefined ? new Uint8Array() : new WrittenHeader(headers).encode()
  const data = Buffer.concat([Buffer.from("before"), head, Buffer.from(payload)]).subarray("before".length)
  const subject = Buffer.from("a")
  const hdr = headers === undefined ? -1 : head.length
  return new MsgImpl({ subject, sid: 1, hdr, size: data.length }, data, { publish: () => {} })
}

describe("readHeader()", () => {
  it("reads what the official client reads", () => {
    const name = fc.constantFrom("a", "A", "ab", "b", "X-Request-Id")
    const value = fc.string({ unit: "grapheme" }).filter((text) => !/[\r\n]/.test(text))
    fc.assert(
      fc.property(fc.dictionary(name, value), name, value, (headers, asked, payload) => {
        const [own, other] = [received(headers, payload), received(headers, payload)]
        expect(readHeader(own, asked)).to.equal(other.headers?.get(asked) || undefined)
      }),
    )
  })

  it("finds nothing in the payload, nor in a message without headers", () => {
    expect(readHeader(received({ a: "1" }, "\r\nb: 2\r\n"), "b")).to.equal(undefined)
    expect(readHeader(received(undefined, "\r\nb: 2\r\n"), "b")).to.equal(undefined)
  })
})
