/**
 * How a task shares a queue: `serial` runs alone, `shared` beside other shared ones but never beside a serial one,
 * `free` at once and beside everything.
 */
export type Mode = "serial" | "shared" | "free"

interface Waiting {
  readonly mode: "serial" | "shared"
  start(): void
}

interface Line {
  running: number
  serial: boolean
  readonly waiting: Waiting[]
}

/**
 * One queue per key. In JavaScript every `await` lets other work in; a queue makes sure that what one task sends, first
 * to last, is not mixed with what another sends. Tasks start in the order in which they were queued, at once
 * (synchronously) if nothing stands in their way.
 */
export class KeyedQueue {
  readonly #lines = new Map<string, Line>()

  /** Keys that have tasks, running or waiting. */
  get size(): number {
    return this.#lines.size
  }

  async run<T>(key: string, mode: Mode, task: () => T | Promise<T>): Promise<T> {
    if (mode === "free") return await task()
    const line = this.#lines.get(key) ?? this.#open(key)
    if (!canStart(line, mode) || line.waiting.length > 0) {
      await new Promise<void>((start) => line.waiting.push({ mode, start: () => start() }))
    } else {
      enter(line, mode)
    }
    try {
      return await task()
    } finally {
      this.#leave(key, line)
    }
  }

  #open(key: string): Line {
    const line: Line = { running: 0, serial: false, waiting: [] }
    this.#lines.set(key, line)
    return line
  }

  #leave(key: string, line: Line): void {
    line.running--
    line.serial = false
    for (let next = line.waiting[0]; next && canStart(line, next.mode); next = line.waiting[0]) {
      line.waiting.shift()
      enter(line, next.mode) // here, not when the task wakes: nobody may slip in between
      next.start()
    }
    if (line.running === 0) this.#lines.delete(key)
  }
}

function canStart(line: Line, mode: "serial" | "shared"): boolean {
  return line.running === 0 || (mode === "shared" && !line.serial)
}

function enter(line: Line, mode: "serial" | "shared"): void {
  line.running++
  line.serial = mode === "serial"
}
