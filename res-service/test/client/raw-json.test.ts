import assert from "node:assert/strict"
import fc from "fast-check"
import { compact, elements, members, quote } from "../../src/client/raw-json.ts"

describe("raw JSON", () => {
  it("keeps the text of members as it was written", () => {
    const text = ' { "a" : 12345678901234567890 , "b\\u0041":1.0, "c" : [ 1 , "]}" ] ,"d":{"e":"\\\\"} } '
    assert.deepEqual(members(text), [
      ["a", "12345678901234567890"],
      ["bA", "1.0"],
      ["c", '[ 1 , "]}" ]'],
      ["d", '{"e":"\\\\"}'],
    ])
  })

  it("tells objects from arrays and from anything else", () => {
    assert.equal(members("[1]"), undefined)
    assert.equal(members(" null"), undefined)
    assert.equal(elements("{}"), undefined)
    assert.equal(elements('"[]"'), undefined)
    assert.deepEqual(members(" { } "), [])
    assert.deepEqual(elements("[ ]"), [])
  })

  it("cuts any JSON into pieces that mean the same", () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(4), (json, indent) => {
        const value: unknown = JSON.parse(json)
        const text = JSON.stringify(value, null, indent)
        const list = elements(text)?.map((raw) => JSON.parse(raw) as unknown)
        assert.deepEqual(list, Array.isArray(value) ? value : undefined)
        const isObject = typeof value === "object" && value !== null && !Array.isArray(value)
        const entries = members(text)?.map(([name, raw]) => [name, JSON.parse(raw)])
        assert.deepEqual(entries, isObject ? Object.entries(value) : undefined)
        assert.deepEqual(JSON.parse(compact(text)), value)
      }),
    )
  })

  it("drops white space between tokens only, and escapes what HTML would misread", () => {
    assert.equal(
      compact('{ "a b" : "<é> & \u2028" ,\n"c":\t1.50 }'),
      '{"a b":"\\u003cé\\u003e \\u0026 \\u2028","c":1.50}',
    )
    assert.equal(quote('"<'), '"\\"\\u003c"')
  })
})
