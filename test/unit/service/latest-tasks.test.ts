import { expect } from "chai"
import { LatestTasks } from "../../../service/latest-tasks.ts"

describe("LatestTasks", () => {
  it("runs one task at a time for each key, then only the latest of those asked for meanwhile, and drops keys beyond its most", async () => {
    const tasks = new LatestTasks(2)
    const done: string[] = []
    const gates = new Map<string, () => void>()
    const task = (name: string) => () =>
      new Promise<void>((resolve) => {
        gates.set(name, () => {
          done.push(name)
          resolve()
        })
      })
    const finish = async (name: string): Promise<void> => {
      gates.get(name)?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
    for (const name of ["a1", "a2", "a3", "b1", "c1"]) tasks.run(name.charAt(0), task(name))
    expect([...gates.keys()]).to.deep.equal(["a1", "b1"])
    await finish("a1")
    expect([...gates.keys()]).to.deep.equal(["a1", "b1", "a3"])
    await finish("a3")
    tasks.run("c", task("c2"))
    await finish("c2")
    await finish("b1")
    expect(done).to.deep.equal(["a1", "a3", "c2", "b1"])
  })
})
