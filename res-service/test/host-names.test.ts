import { expect } from "chai"
import { HostNames } from "../src/host-names.ts"

describe("HostNames", () => {
  const names = new HostNames(["Books.example", "desk.example:8443"])

  it("has addresses, localhost, and listed names, with any port", () => {
    const own = [
      "127.0.0.1",
      "127.0.0.1:8000",
      "[::1]:8000",
      "192.168.1.5:80",
      "localhost",
      "LOCALHOST:1",
      "a.localhost",
    ]
    for (const host of [...own, "books.example", "BOOKS.example:8000", "books.example.", "desk.example"]) {
      expect(names.has(host), host).to.equal(true)
      expect(names.isForeign(host), host).to.equal(false)
    }
  })

  it("treats other names as foreign, even if they look like its own", () => {
    const others = [
      "evil.example",
      "evil.example:8000",
      "books.example.evil.example",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
    ]
    for (const host of [...others, "notlocalhost.example", "evilbooks.example"]) {
      expect(names.has(host), host).to.equal(false)
      expect(names.isForeign(host), host).to.equal(true)
    }
  })

  it("does not treat a name without a dot as foreign, but it is not in the list either", () => {
    for (const host of ["edge:8000", "my_gateway", ""]) {
      expect(names.has(host), host).to.equal(false)
      expect(names.isForeign(host), host).to.equal(false)
    }
  })

  it("has every name with *", () => {
    expect(new HostNames(["*"]).has("evil.example")).to.equal(true)
  })
})
