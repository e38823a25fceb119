import { fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import type { Outcome, Plan } from "./plan.ts"

/** The load generator, in a process of its own, so that neither side waits for the other's event loop. */
export interface LoadProcess {
  run(plan: Plan): Promise<Outcome>
  stop(): Promise<void>
}

export async function startLoadProcess(): Promise<LoadProcess> {
  const child = fork(fileURLToPath(new URL("worker.ts", import.meta.url)))
  const exited = once(child, "exit")
  const answer = async (): Promise<Outcome | string> => {
    const [first] = await Promise.race([once(child, "message"), exited.then(() => ["the load process ended"])])
    return first as Outcome | string
  }
  const ready = await answer()
  if (ready !== "ready") throw new Error(String(ready))
  return {
    run: async (plan) => {
      child.send(plan)
      const outcome = await answer()
      if (typeof outcome === "string") throw new Error(outcome)
      return outcome
    },
    stop: async () => {
      child.disconnect()
      await exited
    },
  }
}
