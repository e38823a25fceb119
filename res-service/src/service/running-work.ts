/** One thing that is being done. */
export interface Work {
  /** Call it once. */
  end(): void
}

/** What a service is doing, each thing for a shard or for none. */
export class RunningWork {
  readonly #all = new Set<RunningTask>()

  get size(): number {
    return this.#all.size
  }

  begin(shard: number | undefined): Work {
    return new RunningTask(this.#all, shard)
  }

  /** Resolves when everything has ended that is being done now, for some shards or for all. */
  async ended(shards?: readonly number[]): Promise<void> {
    const tasks = [...this.#all].filter(
      ({ shard }) => shards === undefined || (shard !== undefined && shards.includes(shard)),
    )
    await Promise.all(tasks.map((task) => task.ended()))
  }
}

// A promise for each request would cost more than the rest: hardly ever somebody waits for its end.
class RunningTask implements Work {
  readonly shard: number | undefined
  readonly #all: Set<RunningTask>
  readonly #listeners: (() => void)[] = []

  constructor(all: Set<RunningTask>, shard: number | undefined) {
    this.shard = shard
    this.#all = all
    all.add(this)
  }

  end(): void {
    this.#all.delete(this)
    for (const listener of this.#listeners) listener()
  }

  ended(): Promise<void> {
    return new Promise((resolve) => this.#listeners.push(resolve))
  }
}
