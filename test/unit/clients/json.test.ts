import { expect } from "chai"
import { toJson } from "../../../clients/js/src/session/json.ts"

describe("toJson()", () => {
  const value = { items: [{ quantity: 1, tags: ["a", []], at: new Date(0) }], none: undefined }
  const expected = '{"items":[{"quantity":1,"tags":["a",[]],"at":"1970-01-01T00:00:00.000Z"}]}'

  for (const prototype of [Array.prototype, Object.prototype]) {
    it(`writes lists as lists where a page gives ${prototype === Array.prototype ? "arrays" : "all objects"} a toJSON, as Prototype.js does`, () => {
      Object.defineProperty(prototype, "toJSON", { value: () => "no list", configurable: true })
      try {
        expect(toJson(value)).to.equal(expected)
        expect(toJson([1])).to.equal("[1]")
      } finally {
        Reflect.deleteProperty(prototype, "toJSON")
      }
    })
  }

  it("leaves everything else to JSON", () => {
    expect(toJson(value)).to.equal(expected)
    expect(toJson(value)).to.equal(JSON.stringify(value))
    expect(toJson({ own: { toJSON: () => 5 } })).to.equal('{"own":5}')
  })
})
