import { expect } from "chai"
import { accessDenied, accessGranted, collection, model, mount, Service, under } from "res-service"
import { MemoryBroker, ServiceKit } from "res-service/testing"
import { inMemoryAndOnNats } from "./service-suite.ts"

inMemoryAndOnNats("Owned names", (start) => {
  const book = model("library.book.$id", {
    access: () => accessGranted,
    get: () => ({ a: 1 }),
    call: { read: { handle: () => "read" } },
    auth: { login: { handle: () => "login" } },
  })

  it("are the only names that the service answers for and resets", async () => {
    const kit = await start([book], { owned: { resources: ["library.book.*", "library.books"] } })
    expect((await kit.get("library.book.1")).answer.result).to.deep.equal({ model: { a: 1 } })
    expect((await kit.access("library.book.1")).answer.result).to.deep.equal({ get: true, call: "*" })
    expect((await kit.call("library.book.1", "read")).answer.result).to.equal("read")
    expect((await kit.auth("library.book.1", "login")).answer.result).to.equal("login")
    expect((await kit.get("library.books")).answer.error?.code).to.equal("system.notFound")
    // Another service's.
    for (const subject of ["get.library.shelf", "call.library.book.lend", "access.library.book.1.page"]) {
      expect((await kit.request(subject, {})).answer.error?.code, subject).to.equal("no responders")
    }
  })

  it("can be access only, for any resource", async () => {
    const guard = model(">", { access: ({ token }) => (token === null ? accessDenied : accessGranted) })
    const kit = await start([guard], { owned: { resources: [], access: [">"] } })
    expect((await kit.access("any.thing")).answer.result).to.deep.equal({})
    expect((await kit.access("thing", { token: { name: "Ann" } })).answer.result).to.deep.equal({
      get: true,
      call: "*",
    })
    expect((await kit.request("get.any.thing", {})).answer.error?.code).to.equal("no responders")
  })
})

describe("ServiceOptions.owned", () => {
  const book = model("library.book.$id", { access: () => accessGranted, get: () => ({ a: 1 }) })

  it("is reset by start(), access separately", async () => {
    const kit = await ServiceKit.start([book], { owned: { resources: ["library.book.>"], access: ["library.>"] } })
    const payload = { resources: ["library.book.>"], access: ["library.>"] }
    expect(await kit.rest()).to.deep.equal([{ subject: "system.reset", payload }])
    await kit.stop()
  })

  it("refuses invalid patterns, patterns that match the same names, and resources outside of them", async () => {
    const conn = new MemoryBroker().connect()
    const service = (resources: string[]) => new Service(conn, { owned: { resources } }).add(book)
    for (const pattern of ["", "a..b", "a.>.b", "a b"]) {
      expect(() => service([pattern]), pattern).to.throw(TypeError, "invalid pattern")
    }
    for (const [a, b] of [
      ["library.>", "library.book.*"],
      ["library.*.x", "library.book.*"],
      [">", "library"],
      ["library", "library"],
    ] as const) {
      expect(() => service([a, b])).to.throw(TypeError, "match the same names")
    }
    const error = await service(["library", "library.shelf.>"])
      .start()
      .catch((reason: Error) => reason)
    expect(error).to.be.instanceOf(TypeError).with.property("message").that.includes("matches none of the names")
  })
})

inMemoryAndOnNats("Mounting", (start) => {
  it("under() declares resources under a prefix, whose placeholders are typed parts too", async () => {
    const branch = under("library.$branch")
    const kit = await start([
      branch.model("book.$id", { get: ({ parts }) => ({ branch: parts.branch, id: parts.id }) }),
      branch.collection("books", { get: ({ parts }) => [parts.branch] }),
    ])
    expect((await kit.get("library.west.book.7")).answer.result).to.deep.equal({ model: { branch: "west", id: "7" } })
    expect((await kit.get("library.west.books")).answer.result).to.deep.equal({ collection: ["west"] })
  })

  it("mount() puts a declared resource under a prefix, with its events", async () => {
    const book = model("book.$id", { get: ({ parts }) => ({ id: parts.id }) })
    const books = collection("books", { get: () => ["1"] })
    const mounted = mount("v2.$branch", book)
    const kit = await start([mounted, mount("v2.$branch", books), mount("v1", books)])
    expect((await kit.get("v2.west.book.7")).answer.result).to.deep.equal({ model: { id: "7" } })
    expect((await kit.get("v1.books")).answer.result).to.deep.equal({ collection: ["1"] })
    expect((await kit.get("books")).answer.error?.code).to.equal("no responders")
    await kit.service.with(mounted, { branch: "west", id: "7" }, (events) => events.change({ id: "8" }))
    expect(await kit.rest()).to.deep.equal([
      { subject: "event.v2.west.book.7.change", payload: { values: { id: "8" } } },
    ])
  })
})
