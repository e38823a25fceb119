import type { Logger } from "res-service"

/** A logger that keeps its lines, as the JSON that a process would print. */
export class MemoryLogger implements Logger {
  readonly lines: string[] = []

  error(details: object, message: string): void {
    this.#add("error", details, message)
  }

  warn(details: object, message: string): void {
    this.#add("warn", details, message)
  }

  info(details: object, message: string): void {
    this.#add("info", details, message)
  }

  debug(details: object, message: string): void {
    this.#add("debug", details, message)
  }

  trace(details: object, message: string): void {
    this.#add("trace", details, message)
  }

  /** The messages of a level, without details. */
  messages(level: keyof Logger): string[] {
    return this.lines.map((line) => JSON.parse(line)).flatMap((line) => (line.level === level ? [line.message] : []))
  }

  #add(level: keyof Logger, details: object, message: string): void {
    const errors = (_: string, value: unknown): unknown =>
      value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value
    this.lines.push(JSON.stringify({ level, message, ...details }, errors))
  }
}
