import { expect } from "chai"
import fc from "fast-check"
import { compact, elements, members, quote } from "../../src/client/raw-json.ts"

describe("raw JSON", () => {
  it("keeps the text of members as it was written", () => {
    const text = ' { "a" : 12345678901234567890 , "b\\u0041":1.0, "c" : [ 1 , "]}" ] ,"d":{"e":"\\\\"} } '
    expect(members(text)).to.deep.equal([
      ["a", "12345678901234567890"],
      ["bA", "1.0"],
      ["c", '[ 1 , "]}" ]'],
      ["d", '{"e":"\\\\"}'],
    ])
  })

  it("tells objects from arrays and from anything else", () => {
    expect(members("[1]")).to.equal(undefined)
    expect(members(" null")).to.equal(undefined)
    expect(elements("{}")).to.equal(undefined)
    expect(elements('"[]"')).to.equal(undefined)
    expect(members(" { } ")).to.deep.equal([])
    expect(elements("[ ]")).to.deep.equal([])
  })

  it("cuts any JSON into pieces that mean the same", () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(4), (json, indent) => {
        const value: unknown = JSON.parse(json)
        const text = JSON.stringify(value, null, indent)
        const list = elements(text)?.map((raw) => JSON.parse(raw) as unknown)
        expect(list).to.deep.equal(Array.isArray(value) ? value : undefined)
        const isObject = typeof value === "object" && value !== null && !Array.isArray(value)
        const entries = members(text)?.map(([name, raw]) => [name, JSON.parse(raw)])
        expect(entries).to.deep.equal(isObject ? Object.entries(value) : undefined)
        expect(JSON.parse(compact(text))).to.deep.equal(value)
      }),
    )
  })

  it("drops white space between tokens only, and escapes what HTML would misread", () => {
    expect(compact('{ "a b" : "<é> & \u2028" ,\n"c":\t1.50 }')).to.equal(
      '{"a b":"\\u003cé\\u003e \\u0026 \\u2028","c":1.50}',
    )
    expect(quote('"<')).to.equal('"\\"\\u003c"')
  })
})
