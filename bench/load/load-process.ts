import { fork, type Serializable } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

/**
 * A load generator in a process of its own, so that neither side waits for the other's event loop. It sends "ready", and answers each
 * order with a result, or with the text of an error.
 */
export interface LoadProcess<Order, Result> {
  run(order: Order): Promise<Result>
  stop(): Promise<void>
}

/** Starts a program of this folder; resolves when it is ready. */
export async function startLoadProcess<Order extends Serializable, Result>(
  file: string,
  args: readonly string[] = [],
): Promise<LoadProcess<Order, Result>> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args)
  const exited = once(child, "exit")
  const answer = async (): Promise<Result | string> => {
    const [first] = await Promise.race([once(child, "message"), exited.then(() => [`${file} ended`])])
    return first
  }
  const ready = await answer()
  if (ready !== "ready") throw new Error(String(ready))
  return {
    run: async (order) => {
      if (!child.connected) throw new Error(`${file} ended`)
      child.send(order)
      const result = await answer()
      if (typeof result === "string") throw new Error(result)
      return result
    },
    stop: async () => {
      child.kill()
      await exited
    },
  }
}
