import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import fc from "fast-check"
import { KeyedQueue, type Mode } from "../../src/service/queue.ts"

describe("KeyedQueue", () => {
  it("starts a task synchronously if it need not wait", () => {
    const queue = new KeyedQueue()
    let ran = false
    void queue.run("a", "serial", () => {
      ran = true
    })
    expect(ran).to.equal(true)
  })

  it("continues after a task that throws, and passes its error on", async () => {
    const queue = new KeyedQueue()
    const failed = queue.run("a", "serial", () => {
      throw new Error("mine")
    })
    const next = queue.run("a", "serial", () => "next")
    expect(await failed.catch((error: Error) => error.message)).to.equal("mine")
    expect(await next).to.equal("next")
  })

  it("[property] runs serial tasks alone and in order, shared ones only alongside each other, and keeps nothing", async () => {
    const tasks = fc.array(
      fc.record({ key: fc.constantFrom("a", "b"), mode: fc.constantFrom<Mode>("serial", "shared"), turns: fc.nat(3) }),
      { maxLength: 30 },
    )
    await fc.assert(
      fc.asyncProperty(tasks, async (list) => {
        const queue = new KeyedQueue()
        const running: { key: string; mode: Mode }[] = []
        const started: number[] = []
        await Promise.all(
          list.map((task, i) =>
            queue.run(task.key, task.mode, async () => {
              started.push(i)
              for (const other of running) {
                if (other.key === task.key) expect([other.mode, task.mode]).to.deep.equal(["shared", "shared"])
              }
              running.push(task)
              for (let turn = 0; turn < task.turns; turn++) await sleep(0)
              running.splice(running.indexOf(task), 1)
            }),
          ),
        )
        for (const key of ["a", "b"]) {
          const order = started.filter((i) => list[i]?.key === key)
          expect(order).to.deep.equal(order.toSorted((x, y) => x - y))
        }
        expect(queue.size).to.equal(0)
      }),
      { numRuns: 50 },
    )
  })
})
