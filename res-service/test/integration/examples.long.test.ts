import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect } from "chai"
import { connectNats, type NatsConn } from "res-service"
import { Client } from "res-service/client"
import { createGateway, type Gateway } from "res-service/gateway"
import { get, post } from "../../../test/helpers/http.ts"
import { startNats, type TestNats } from "../../../test/helpers/nats.ts"
import { resClient } from "../../../test/helpers/res-client.ts"
import { until } from "../../../test/helpers/until.ts"

/** For an answer: an example may stand still for seconds on a busy machine. */
const REQUEST_MS = 20_000
const FOLDER = fileURLToPath(new URL("../../examples/", import.meta.url))

describe("res-service/examples", () => {
  let nats: TestNats
  let conn: NatsConn
  let gateway: Gateway
  let api: string
  const running: ChildProcess[] = []
  const ran = new Set<string>()

  before(async () => {
    nats = await startNats()
    conn = await connectNats(nats.url)
    gateway = createGateway(conn, { addr: "127.0.0.1", port: 0, requestTimeout: REQUEST_MS })
    await gateway.start()
    api = `http://127.0.0.1:${gateway.address.port}/api`
  })

  afterEach(async () => {
    for (const child of running.splice(0)) {
      const gone = once(child, "exit")
      child.kill()
      await gone
    }
  })

  after(async () => {
    await gateway?.close()
    await conn?.close()
    await nats?.stop()
  })

  /** Runs an example until it prints `ready`. Returns a function that returns its output so far. */
  async function run(name: string, ready: string): Promise<() => string> {
    ran.add(name)
    const args = ["--import=tsx", "--conditions=@res-service/source", `${FOLDER}${name}`]
    const env = { ...process.env, NATS_URL: nats.url, GATEWAY_PORT: "0" }
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], env })
    running.push(child)
    let output = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text
      })
    }
    await until(`${name} to print "${ready}"`, () => {
      if (child.exitCode !== null) throw new Error(`${name} ended: ${output}`)
      return output.includes(ready)
    })
    return () => output
  }

  /** A copy of a resource, as clients have it. */
  async function mirror(rid: string) {
    const copy = new Client(conn, { requestTimeoutMs: REQUEST_MS }).mirror(rid)
    await copy.ready
    return copy
  }

  it("01-hello-world.mjs serves its greeting", async () => {
    await run("01-hello-world.mjs", "serving")
    expect((await get(`${api}/example/greeting`)).body).to.deep.equal({ message: "Hello, World!" })
  })

  it("02-edit-text.mjs shows an edited text to subscribers, and refuses anything but text", async () => {
    await run("02-edit-text.mjs", "serving")
    const text = await mirror("example.text")
    expect((await post(`${api}/example/text/set`, { message: "New" })).status).to.equal(204)
    await until("the change", () => JSON.stringify(text.value) === '{"message":"New"}')
    expect((await post(`${api}/example/text/set`, { message: 5 })).body.code).to.equal("system.invalidParams")
    text.close()
  })

  it("03-book-collection.mjs adds, changes and deletes books, and answers a new one with where it is", async () => {
    await run("03-book-collection.mjs", "serving")
    const books = await mirror("library.books")
    expect(books.value).to.have.length(2)
    const made = await post(`${api}/library/books/new`, { title: "Persuasion", author: "Jane Austen" })
    expect([made.status, made.headers.get("location")]).to.deep.equal([200, "/api/library/book/3"])
    await post(`${api}/library/book/3/set`, { title: "Sanditon", author: "Jane Austen" })
    await until("the new title", () => JSON.stringify(books.value).includes("Sanditon"))
    expect((await post(`${api}/library/books/delete`, { id: "1" })).status).to.equal(204)
    await until("the removal", () => (books.value as unknown[]).length === 2)
    expect((await get(`${api}/library/book/1`)).status).to.equal(404)
    expect((await post(`${api}/library/books/delete`, { id: "1" })).body.code).to.equal("library.noSuchBook")
    books.close()
  })

  it("04-book-store.mjs moves a book in the collection when its title changes", async () => {
    await run("04-book-store.mjs", "serving")
    const books = await mirror("library.books")
    const titles = () => (books.value as ({ title: string } | null)[]).map((book) => book?.title).join()
    expect(titles()).to.equal("Emma,Middlemarch")
    expect((await post(`${api}/library/book/1/set`, { title: "Northanger Abbey", tags: [] })).status).to.equal(204)
    await until("the move", () => titles() === "Middlemarch,Northanger Abbey")
    await post(`${api}/library/books/new`, { title: "Nana", tags: ["novel"] })
    await until("the new book", () => titles() === "Middlemarch,Nana,Northanger Abbey")
    expect((await get(`${api}/library/books`)).body).to.have.length(3)
    books.close()
  })

  it("05-validation-and-errors.mjs answers as its head says, and keeps what is wrong inside to its log", async () => {
    const output = await run("05-validation-and-errors.mjs", "serving")
    const lend = (body: unknown) => post(`${api}/library/loan/1/lend`, body)
    const refused = (await lend({ to: "" })).body
    expect(refused.code).to.equal("system.invalidParams")
    expect(refused.data.errors.map(({ path }: { path: unknown }) => path)).to.deep.equal([["to"], ["until"]])
    expect((await lend({ to: "Ann", until: "2030-01-01" })).status).to.equal(204)
    expect((await lend({ to: "Eve", until: "2030-01-01" })).body).to.deep.equal({
      code: "library.onLoan",
      message: "The book is on loan",
      data: { until: "2030-01-01" },
    })
    expect((await post(`${api}/library/loan/1/audit`, {})).body).to.deep.equal({
      code: "system.internalError",
      message: "Internal error",
    })
    await until("the log to say it", () => output().includes("10.0.0.7"))
    expect((await get(`${api}/library/loan/x`)).status).to.equal(404)
    expect((await get(`${api}/library/loan/1`)).body).to.deep.equal({ book: "1", to: "Ann", until: "2030-01-01" })
  })

  it("06-search.mjs changes the results of the queries that are watched, and normalises them", async () => {
    await run("06-search.mjs", "serving")
    const found = await mirror("library.titles?limit=05&start=E")
    const others = await mirror("library.titles?start=M")
    expect(found.value).to.deep.equal(["Emma", "Evelina"])
    await post(`${api}/library/titles/add`, { title: "Eve" })
    await until("the new result", () => (found.value as string[]).join() === "Emma,Eve,Evelina")
    expect(others.value).to.deep.equal(["Middlemarch"])
    expect((await get(`${api}/library/titles?limit=no`)).body.code).to.equal("system.invalidQuery")
    found.close()
    others.close()
  })

  it("07-login.mjs shows the desk to users who have logged in, until a librarian dismisses them", async () => {
    await run("07-login.mjs", "serving")
    const [ann, eve] = ["Ann", "Eve"].map(() => resClient(api.replace("http", "ws").replace("/api", "")))
    if (ann === undefined || eve === undefined) throw new Error("no clients")
    const codeOf = (promise: Promise<unknown>) =>
      promise.then(
        () => undefined,
        (error: { code: string }) => error.code,
      )
    const login = (client: typeof ann, name: string, password: string) =>
      client.authenticate("library.gate", "login", { name, password })
    try {
      expect(await codeOf(ann.get("library.desk"))).to.equal("system.accessDenied")
      expect(await codeOf(login(ann, "Ann", "wrong"))).to.equal("library.wrongPassword")
      await login(ann, "Ann", "books")
      await login(eve, "Eve", "more books")
      type Desk = { open: boolean; on(event: "change" | "unsubscribe", handler: () => void): void }
      const desk = await ann.get<Desk>("library.desk")
      expect(desk.open).to.equal(true)
      // resclient drops a resource without listeners after 5 s, and throws if one of its events arrives then.
      desk.on("change", () => {})
      let isLost = false
      desk.on("unsubscribe", () => {
        isLost = true
      })
      expect(await codeOf(ann.call("library.desk", "set", { open: false }))).to.equal("system.accessDenied")
      await eve.call("library.desk", "set", { open: false })
      await eve.call("library.desk", "dismiss", { name: "Ann" })
      await until("Ann's access to be gone", () => isLost)
      expect(await codeOf(login(ann, "Ann", "books"))).to.equal("library.wrongPassword")
    } finally {
      ann.disconnect()
      eve.disconnect()
    }
  })

  it("08-mirror.mjs prints what changes in example 3", async () => {
    await run("03-book-collection.mjs", "serving")
    const output = await run("08-mirror.mjs", "mirroring")
    await post(`${api}/library/book/2/set`, { title: "Romola", author: "George Eliot" })
    await until("the change", () => output().includes("change library.book.2"))
    expect(output()).to.include('{"title":"Romola","author":"George Eliot"}')
  })

  it("09-gateway.mjs serves its clock through a gateway of its own", async () => {
    const output = await run("09-gateway.mjs", "serving")
    const url = /http:\S+/.exec(output())?.[0] ?? ""
    const time = (await get(url)).body.time
    await until("the clock to tick", async () => (await get(url)).body.time !== time)
  })

  it("10-contract.mjs serves a room by its contract, and calls it", async () => {
    const output = await run("10-contract.mjs", "booked")
    expect(output()).to.match(/^booked Room 1 until \d{4}-/m)
    expect((await get(`${api}/library/room/1`)).body).to.deep.equal({ name: "Room 1", free: false })
    expect((await get(`${api}/library/room/x`)).body.code).to.equal("system.notFound")
    expect((await post(`${api}/library/room/1/book`, { hours: 9 })).body.code).to.equal("system.invalidParams")
  })

  it("11-sharding.mjs shares its shelves between two processes, and one goes on when the other has stopped", async () => {
    await run("11-sharding.mjs", "serving 16 of 16")
    await run("11-sharding.mjs", "serving 8 of 16")
    const ids = Array.from({ length: 12 }, (_, i) => `${i + 1}`)
    type Shelf = { books: string[]; process: number }
    const copies = await Promise.all(ids.map((id) => mirror(`library.shelf.${id}`)))
    const shelves = () => copies.map(({ value }) => value as Shelf)
    const add = async (title: string) => {
      for (const id of ids) expect((await post(`${api}/library/shelf/${id}/add`, { title })).status).to.equal(204)
    }
    await add("Emma")
    await until("both processes to answer", () => new Set(shelves().map((shelf) => shelf.process)).size === 2)
    const [first, second] = running
    first?.kill("SIGTERM")
    await add("Romola")
    await until("the one that is left, with all books", () =>
      shelves().every(({ process, books }) => process === second?.pid && books.join() === "Emma,Romola"),
    )
    for (const copy of copies) copy.close()
  })

  it("are all run here, and all listed in their README", () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith(".mjs"))
    expect([...ran].toSorted()).to.deep.equal(files.toSorted())
    const readme = readFileSync(`${FOLDER}README.md`, "utf8")
    expect([...readme.matchAll(/\]\((\d\d-[a-z-]+\.mjs)\)/g)].map(([, name]) => name)).to.deep.equal(files.toSorted())
  })
})
