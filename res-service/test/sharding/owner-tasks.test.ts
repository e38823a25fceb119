import { expect } from "chai"
import { ResError } from "../../src/errors.ts"
import { OwnerTasks } from "../../src/sharding/owner-tasks.ts"
import { MemoryBroker } from "../../src/testing/mod.ts"

describe("OwnerTasks", () => {
  const setUp = () => {
    const broker = new MemoryBroker()
    const [asking, owner] = [new OwnerTasks(broker.connect()), new OwnerTasks(broker.connect())]
    const ask = (task: string, params: unknown, timeoutMs = 5000): Promise<unknown> =>
      asking.ask(task, "library.shelf.1", params, timeoutMs, (msg) => expect(owner.handle(msg)).to.equal(true))
    const failure = (asked: Promise<unknown>): Promise<unknown> =>
      asked.then(
        () => undefined,
        (error: ResError) => [error.code, error.message],
      )
    return { broker, asking, owner, ask, failure }
  }

  it("runs a task on the owner with the name and the params, and resolves to its result", async () => {
    const { owner, ask } = setUp()
    owner.on("count", async (name, params) => ({ name, params }))
    const params = { titles: ["Emma", null], exact: false }
    expect(await ask("count", params)).to.deep.equal({ name: "library.shelf.1", params })
    owner.on("nothing", async () => undefined)
    expect(await ask("nothing", {})).to.equal(undefined)
  })

  it("keeps tasks apart that run at the same time", async () => {
    const { owner, ask } = setUp()
    const finish: (() => void)[] = []
    owner.on("wait", (_name, params) => new Promise((resolve) => finish.push(() => resolve(params))))
    const asked = [ask("wait", 1), ask("wait", 2), ask("wait", 3)]
    for (const end of finish.toReversed()) end()
    expect(await Promise.all(asked)).to.deep.equal([1, 2, 3])
  })

  it("rejects with what the task throws, and with system.internalError for what is no ResError", async () => {
    const { owner, ask, failure } = setUp()
    owner.on("refuse", () => Promise.reject(new ResError("library.onLoan", "It is on loan")))
    owner.on("fail", () => Promise.reject(new Error("disk full")))
    expect(await failure(ask("refuse", {}))).to.deep.equal(["library.onLoan", "It is on loan"])
    expect(await failure(ask("fail", {}))).to.deep.equal(["system.internalError", "Internal error"])
    expect(await failure(ask("unknown", {}))).to.include("system.methodNotFound")
  })

  it("rejects with system.timeout when no answer comes in time; a pre-response is no answer", async () => {
    const { broker, asking, failure } = setUp()
    const asked = asking.ask("count", "library.shelf.1", {}, 100, ({ reply }) => {
      broker.connect().publish(reply ?? "", 'timeout:"8000"')
    })
    expect(await failure(asked)).to.include("system.timeout")
  })

  it("rejects with system.serviceUnavailable what is waited for when it stops", async () => {
    const { asking, owner, ask, failure } = setUp()
    owner.on("wait", () => new Promise(() => {}))
    const failures = [failure(ask("wait", 1)), failure(ask("wait", 2))]
    asking.stop()
    for (const each of await Promise.all(failures)) expect(each).to.include("system.serviceUnavailable")
  })

  it("takes no request of RES for a task", () => {
    const { owner } = setUp()
    for (const subject of ["get.library.shelf.1", "call.task.count.library", "access.task.x"])
      expect(owner.handle({ subject, data: Buffer.from("{}"), reply: "inbox", noResponders: false })).to.equal(false)
  })
})
