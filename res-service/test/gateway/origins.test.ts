import assert from "node:assert/strict"
import { Origins } from "../../src/gateway/origins.ts"

describe("Origins", () => {
  it("allows any with *", () => {
    const origins = new Origins("*")
    assert.ok(origins.allows("http://evil.example"))
    assert.deepEqual([...origins.headers("http://evil.example")], [["Access-Control-Allow-Origin", ["*"]]])
  })

  it("allows those listed in any case, those without an origin, and null", () => {
    const origins = new Origins("http://b.example;https://A.example:8443")
    for (const origin of ["http://b.example", "HTTP://B.EXAMPLE", "https://a.example:8443", undefined, "null"]) {
      assert.ok(origins.allows(origin), origin)
    }
    for (const origin of ["http://b.example:80", "http://b.exampl", "http://b.example.org", "https://b.example", ""]) {
      assert.ok(!origins.allows(origin), origin)
    }
  })

  it("names the origin that asks, or the first of the listed ones in order of the alphabet", () => {
    const origins = new Origins("https://b.example;http://a.example")
    assert.deepEqual(origins.headers("https://B.example").get("Access-Control-Allow-Origin"), ["https://B.example"])
    assert.deepEqual(origins.headers("http://c.example").get("Access-Control-Allow-Origin"), ["http://a.example"])
    assert.equal(origins.headers(undefined).size, 0)
  })
})
