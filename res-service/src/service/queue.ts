/**
 * How a task shares a queue. `serial` runs alone, `shared` alongside other shared tasks but never alongside a serial one, `free`
 * at once and alongside everything.
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
 * One queue per key. In JavaScript every `await` lets other work run; a queue keeps the messages of one task together. Tasks
 * start in the order in which they were queued, and synchronously if they need not wait.
 */
export class KeyedQueue {
  readonly #lines = new Map<string, Line>()

  /** Keys with running or waiting tasks. */
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
      enter(line, next.mode) // now, not when the task resumes: no other task may start in between
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
