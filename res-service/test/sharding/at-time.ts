/** Runs a task as if it were `laterMs` from now, by the monotonic clock. */
export async function atTime<T>(laterMs: number, task: () => T | Promise<T>): Promise<T> {
  const { now } = performance
  performance.now = () => now.call(performance) + laterMs
  try {
    return await task()
  } finally {
    performance.now = now
  }
}
