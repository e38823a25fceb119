import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { cp, type FileHandle, mkdir, mkdtemp, open, readFile, rm, stat, truncate, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { FileStore, OutboxBusyError } from "@shopwire/client/node"
import { MemoryStore, type OutboxStore } from "@shopwire/client/publish"
import { expect } from "chai"
import fc from "fast-check"
import { Outbox, type OutboxRequest } from "../../../clients/js/src/publish/outbox.ts"
import { skip } from "../../helpers/skip.ts"
import { until } from "../../helpers/until.ts"

const texts = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `{"n":${from + i}}`)
const jsonsOf = (request: OutboxRequest | undefined) => request?.events.map(({ json }) => json)
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe("Outbox", () => {
  let folder: string
  let opened: OutboxStore[]

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "shopwire-outbox-"))
    opened = []
  })
  afterEach(async () => {
    const ended = [...running].map((child) => once(child, "exit"))
    for (const child of running) child.kill("SIGKILL")
    await Promise.all(ended)
    for (const store of opened) await store.close()
    await rm(folder, { recursive: true })
  })

  async function fileStore(path = folder): Promise<FileStore> {
    const store = await FileStore.open(path)
    opened.push(store)
    return store
  }

  async function reopened(store: FileStore): Promise<FileStore> {
    await store.close()
    opened.splice(opened.indexOf(store), 1)
    return await fileStore()
  }

  for (const [name, open] of [
    ["MemoryStore", async () => new MemoryStore()],
    ["FileStore", () => fileStore()],
  ] as const) {
    describe(`in a ${name}`, () => {
      it("has no request while nothing waits", async () => {
        expect(await new Outbox(await open()).next()).to.equal(undefined)
      })

      it("sends what waits in arrays, in order, under sequences from 1 on, each until it is finished", async () => {
        const store = await open()
        const outbox = new Outbox(store)
        await store.add(texts(0, 250))
        const first = await outbox.next()
        expect(first?.producer).to.match(UUID_V4)
        expect([first?.epoch, first?.seq, first?.events.length]).to.deep.equal([0, 1, 200])
        await store.add(texts(250, 251))
        expect(await outbox.next()).to.deep.equal(first)
        if (first !== undefined) await outbox.finish(first)
        const second = await outbox.next()
        expect([second?.producer, second?.seq]).to.deep.equal([first?.producer, 2])
        expect(jsonsOf(second)).to.deep.equal(texts(200, 251))
        if (second !== undefined) await outbox.finish(second)
        expect([await outbox.next(), await store.count()]).to.deep.equal([undefined, 0])
      })

      it("finishes a request once, though two pages sent it", async () => {
        const store = await open()
        const outbox = new Outbox(store)
        await store.add(texts(0, 1))
        const request = await outbox.next()
        await store.add(texts(1, 2))
        if (request === undefined) throw new Error("nothing to send")
        await outbox.finish(request)
        await outbox.finish(request)
        const next = await outbox.next()
        expect([next?.seq, jsonsOf(next)]).to.deep.equal([2, texts(1, 2)])
      })

      it("divides and drops a refused request under its sequence, which nothing was stored under", async () => {
        const store = await open()
        const outbox = new Outbox(store)
        await store.add(texts(0, 3))
        const whole = await outbox.next()
        if (whole === undefined) throw new Error("nothing to send")
        await outbox.divide(whole)
        const half = await outbox.next()
        expect([half?.seq, jsonsOf(half)]).to.deep.equal([1, texts(0, 2)])
        if (half !== undefined) await outbox.drop(half)
        const rest = await outbox.next()
        expect([rest?.seq, jsonsOf(rest)]).to.deep.equal([1, texts(2, 3)])
      })

      it("begins as a new producer, with the same events", async () => {
        const store = await open()
        const outbox = new Outbox(store)
        await store.add(texts(0, 2))
        const old = await outbox.next()
        if (old === undefined) throw new Error("nothing to send")
        await outbox.renew(old)
        const next = await outbox.next()
        expect(next?.producer).to.match(UUID_V4).and.not.equal(old.producer)
        expect([next?.epoch, next?.seq, jsonsOf(next)]).to.deep.equal([0, 1, texts(0, 2)])
      })

      it("makes requests of at most 256 KiB, unless one event is larger", async () => {
        const store = await open()
        const outbox = new Outbox(store)
        const long = JSON.stringify("ü".repeat(50_000))
        await store.add([long, long, long])
        const request = await outbox.next()
        expect(request?.events).to.have.length(2)
        if (request !== undefined) await outbox.finish(request)
        await store.add([JSON.stringify("x".repeat(300_000))])
        const [one, other] = [await outbox.next(), await outbox.next()]
        expect(one?.events).to.have.length(1)
        expect(other).to.deep.equal(one)
      })
    })
  }

  describe("in a FileStore that is opened again", () => {
    it("goes on with the request that was begun, and with the next sequence", async () => {
      const store = await fileStore()
      await store.add(texts(0, 2))
      const begun = await new Outbox(store).next()
      await store.add(texts(2, 3))
      const again = await reopened(store)
      const outbox = new Outbox(again)
      expect(await outbox.next()).to.deep.equal(begun)
      if (begun !== undefined) await outbox.finish(begun)
      const last = await reopened(again)
      const next = await new Outbox(last).next()
      expect([next?.producer, next?.seq, jsonsOf(next)]).to.deep.equal([begun?.producer, 2, texts(2, 3)])
    })

    it("has all events that were added when its file is torn anywhere, and takes more", async () => {
      const store = await fileStore()
      await store.add(texts(0, 2))
      const whole = (await readFile(join(folder, "events"))).length
      await store.add(texts(2, 3))
      const end = (await readFile(join(folder, "events"))).length
      await store.close()
      opened = []
      for (let length = whole; length < end; length++) {
        const copy = await mkdtemp(join(folder, "torn-"))
        for (const name of ["state", "events"]) await cp(join(folder, name), join(copy, name))
        await truncate(join(copy, "events"), length)
        const torn = await fileStore(copy)
        expect(torn.damaged, `${length}`).to.equal(length === whole ? 0 : 1)
        await torn.add(texts(3, 4))
        expect(jsonsOf(await new Outbox(torn).next()), `${length}`).to.deep.equal([...texts(0, 2), ...texts(3, 4)])
      }
    })

    it("loses only the damaged event when its file is damaged in the middle", async () => {
      const store = await fileStore()
      await store.add(texts(0, 3))
      await store.close()
      opened = []
      const path = join(folder, "events")
      await writeFile(path, (await readFile(path, "utf8")).replace('{"n":1}', '{"n":7}'))
      const damaged = await fileStore()
      expect(damaged.damaged).to.equal(1)
      expect(jsonsOf(await new Outbox(damaged).next())).to.deep.equal([...texts(0, 1), ...texts(2, 3)])
      const again = await reopened(damaged)
      expect(jsonsOf(await new Outbox(again).next())).to.deep.equal([...texts(0, 1), ...texts(2, 3)])
    })

    it("goes on with the state before when the last one is torn, and as a new producer when both are", async () => {
      const store = await fileStore()
      await store.add(texts(0, 1))
      const outbox = new Outbox(store)
      const request = await outbox.next()
      if (request === undefined) throw new Error("nothing to send")
      await store.add(texts(1, 2))
      await outbox.finish(request)
      await store.close()
      opened = []
      const path = join(folder, "state")
      const bytes = await readFile(path)
      // The first change went to the second half, the second to the first.
      bytes.fill(0, 100, 300)
      await writeFile(path, bytes)
      const torn = await fileStore()
      expect(await new Outbox(torn).next()).to.deep.equal(request)
      await torn.close()
      opened = []
      await writeFile(path, bytes.fill(0))
      const lost = await fileStore()
      const next = await new Outbox(lost).next()
      expect(next?.producer).to.not.equal(request.producer)
      expect(jsonsOf(next)).to.deep.equal(texts(0, 2))
    })

    it("gives its room back when it is empty, and when most of its file is of sent events", async () => {
      const store = await fileStore()
      const outbox = new Outbox(store)
      const size = async () => (await readFile(join(folder, "events"))).length
      const long = JSON.stringify("x".repeat(10_000))
      await store.add(Array.from({ length: 200 }, () => long))
      for (let left = 200; left > 30; ) {
        const request = await outbox.next()
        if (request === undefined) throw new Error("nothing to send")
        await outbox.finish(request)
        left -= request.events.length
      }
      expect(await size()).to.be.below(1_100_000)
      const again = await reopened(store)
      for (
        let request = await new Outbox(again).next();
        request !== undefined;
        request = await new Outbox(again).next()
      )
        await new Outbox(again).finish(request)
      expect(await size()).to.equal(0)
      const keys = await again.add(texts(0, 1))
      expect(keys).to.deep.equal([201])
    })
  })

  it("is refused a second time, and free again when it was closed or its process is gone", async () => {
    const store = await fileStore()
    const refusal = await FileStore.open(folder).catch((error: unknown) => error)
    expect(refusal).to.be.instanceOf(OutboxBusyError)
    const again = await reopened(store)
    await again.close()
    opened = []
    await writeFile(join(folder, "lock.999999999..a"), "")
    await fileStore()
  })

  it("is refused to a second process, until the first is killed", async () => {
    const [other] = await openers(1)
    if (other === undefined) throw new Error("not started")
    expect(await other.open(folder, Date.now())).to.equal("open")
    expect(await FileStore.open(folder).catch((error: unknown) => error)).to.be.instanceOf(OutboxBusyError)
    await other.kill()
    await fileStore()
  })

  it("is free when the number of its process belongs to another one since", async function () {
    if (process.platform !== "linux") skip(this, "only Linux tells when a process was started")
    await writeFile(join(folder, `lock.${process.ppid}.another-boot_1.a`), "")
    await fileStore()
  })

  it("is opened by one of several processes that find it left by a killed one", async () => {
    const all = await openers(4)
    for (let round = 0; round < 3; round++) {
      const left = join(folder, String(round))
      await mkdir(left)
      await writeFile(join(left, "lock.999999999..a"), "")
      // Again where one stood still for longer than the others wait for it: then none may have it.
      const outcomes = await until("one to open it", async () => {
        const at = Date.now() + SAME_MOMENT_MS
        const each = await Promise.all(all.map((opener) => opener.open(left, at)))
        return each.includes("open") ? each : undefined
      })
      expect(outcomes.toSorted()).to.deep.equal(["OutboxBusyError", "OutboxBusyError", "OutboxBusyError", "open"])
    }
  })

  it("puts the names of its files on the disk when it creates or replaces them", async function () {
    if (process.platform === "win32") skip(this, "Windows opens no folders")
    const probe = await open(folder)
    const handles = Object.getPrototypeOf(probe) as FileHandle
    const { sync } = handles
    const { ino: outer } = await probe.stat()
    await probe.close()
    const synced: number[] = []
    handles.sync = async function (this: FileHandle) {
      synced.push((await this.stat()).ino)
      await sync.call(this)
    }
    try {
      const path = join(folder, "a", "b")
      const store = await fileStore(path)
      const inner = await Promise.all([path, join(folder, "a")].map(async (each) => (await stat(each)).ino))
      expect(synced).to.deep.equal([...inner, outer])
      const outbox = new Outbox(store)
      await store.add(Array.from({ length: 200 }, () => JSON.stringify("x".repeat(10_000))))
      const { ino: before } = await stat(join(path, "events"))
      for (let i = 0; i < 6; i++) {
        const request = await outbox.next()
        if (request !== undefined) await outbox.finish(request)
      }
      expect((await stat(join(path, "events"))).ino).to.not.equal(before)
      expect(synced.slice(3)).to.deep.equal([inner[0]])
    } finally {
      handles.sync = sync
    }
  })

  it("has the same requests and events in both stores, whatever happens to it", async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("add" as const), count: fc.integer({ min: 1, max: 300 }) }),
      fc.record({ do: fc.constantFrom("send", "finish", "divide", "drop", "renew", "reopen") }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const path = await mkdtemp(join(folder, "both-"))
        let file = await FileStore.open(path)
        const memory = new MemoryStore()
        const tell = (request: OutboxRequest | undefined) =>
          request && { ...request, producer: "", events: jsonsOf(request) }
        let added = 0
        for (const each of steps) {
          if (each.do === "reopen") {
            await file.close()
            file = await FileStore.open(path)
          } else if ("count" in each) {
            const more = texts(added, added + each.count)
            added += each.count
            await file.add(more)
            await memory.add(more)
          } else {
            const [one, other] = [new Outbox(file), new Outbox(memory)]
            const [a, b] = [await one.next(), await other.next()]
            expect(tell(a)).to.deep.equal(tell(b))
            if (each.do === "send" || a === undefined || b === undefined) continue
            const act = each.do as "finish" | "divide" | "drop" | "renew"
            await one[act](a)
            await other[act](b)
          }
          expect(await file.count()).to.equal(await memory.count())
        }
        await file.close()
      }),
      { numRuns: 30 },
    )
  })
})

/** Time for all processes to hear that they are to open a folder, in ms. */
const SAME_MOMENT_MS = 30

/** A process that opens folders, and keeps them open. */
interface Opener {
  /** Opens one at this time, in ms since 1970, or later. Resolves to "open", or the name of the error. */
  open(folder: string, at: number): Promise<string>
  kill(): Promise<unknown>
}

/** The processes of `openers`. After each test, also a failed one, they are ended. */
const running = new Set<ChildProcess>()

/** Starts processes. Resolves when all are ready. */
async function openers(count: number): Promise<Opener[]> {
  const program = `
    const { FileStore } = await import("@shopwire/client/node")
    const { createInterface } = await import("node:readline")
    const opened = []
    createInterface({ input: process.stdin }).on("line", async (line) => {
      const { folder, at } = JSON.parse(line)
      while (Date.now() < at);
      console.log(await FileStore.open(folder).then((store) => opened.push(store) && "open", ({ name }) => name))
    })
    console.log("ready")`
  const args = ["--import=tsx", "--conditions=@res-service/source", "--input-type=module", "--eval", program]
  const startOne = async (): Promise<Opener> => {
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] })
    running.add(child)
    const ended = once(child, "exit").finally(() => running.delete(child))
    const printed = async (): Promise<string> => String((await once(child.stdout, "data"))[0]).trim()
    expect(await printed()).to.equal("ready")
    return {
      open: async (folder, at) => {
        child.stdin.write(`${JSON.stringify({ folder, at })}\n`)
        return await printed()
      },
      kill: async () => {
        child.kill("SIGKILL")
        await ended
      },
    }
  }
  return await Promise.all(Array.from({ length: count }, startOne))
}
