import { expect } from "chai"
import { Origins } from "../../src/gateway/origins.ts"

describe("Origins", () => {
  it("allows any with *", () => {
    const origins = new Origins("*")
    expect(origins.allows("http://evil.example")).to.equal(true)
    expect([...origins.headers("http://evil.example")]).to.deep.equal([["Access-Control-Allow-Origin", ["*"]]])
  })

  it("allows those listed in any case, those without an origin, and null", () => {
    const origins = new Origins("http://b.example;https://A.example:8443")
    for (const origin of ["http://b.example", "HTTP://B.EXAMPLE", "https://a.example:8443", undefined, "null"]) {
      expect(origins.allows(origin), origin).to.equal(true)
    }
    for (const origin of ["http://b.example:80", "http://b.exampl", "http://b.example.org", "https://b.example", ""]) {
      expect(origins.allows(origin), origin).to.equal(false)
    }
  })

  it("refuses null with listed origins if set so, as sandboxed frames of any site have it", () => {
    expect(new Origins("http://b.example", false).allows("null")).to.equal(false)
    expect(new Origins("http://b.example", false).allows("http://b.example")).to.equal(true)
    expect(new Origins("*", false).allows("null")).to.equal(true)
  })

  it("names the origin of the request, or the alphabetically first listed one", () => {
    const origins = new Origins("https://b.example;http://a.example")
    expect(origins.headers("https://B.example").get("Access-Control-Allow-Origin")).to.deep.equal(["https://B.example"])
    expect(origins.headers("http://c.example").get("Access-Control-Allow-Origin")).to.deep.equal(["http://a.example"])
    expect(origins.headers(undefined).size).to.equal(0)
  })
})
