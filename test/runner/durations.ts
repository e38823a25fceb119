import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"

/** What a file takes, in ms, that was never measured on this machine, by how its path begins. */
const TYPICAL_MS: readonly [string, number][] = [
  ["test/browser/hooks.", 170_000],
  ["test/browser/merchant.", 160_000],
  ["test/integration/replicated-log", 130_000],
  ["test/integration/no-verdict", 130_000],
  ["test/browser/storefront.", 130_000],
  ["test/integration/swift", 120_000],
  ["test/chaos/sharding", 100_000],
  ["test/integration/degradation", 95_000],
  ["test/integration/cluster", 95_000],
  ["test/integration/archive.", 75_000],
  ["test/integration/launcher", 70_000],
  ["test/integration/shutdown", 60_000],
  ["test/integration/running-service", 60_000],
  ["test/integration/test-runner", 55_000],
  ["test/integration/history", 50_000],
  ["res-service/test/integration/examples", 50_000],
  ["test/browser/packages", 50_000],
  ["test/browser/screens", 50_000],
  ["test/browser/merchant", 45_000],
  ["test/integration/clients/copy-check", 45_000],
  ["test/integration/presence", 40_000],
  ["res-service/test/sharding/kept-resets", 40_000],
  ["test/chaos/", 40_000],
  ["test/integration/archive", 30_000],
  ["test/browser/", 30_000],
  ["test/integration/clients/", 25_000],
  ["test/model/", 20_000],
  ["res-service/test/integration/", 15_000],
  ["test/integration/", 10_000],
  ["", 100],
]

/** How long test files took on this machine when they last ran, kept in a file. */
export class Durations {
  readonly #file: string
  readonly #known: Record<string, number>

  constructor(file: string) {
    this.#file = file
    this.#known = read(file)
  }

  /** The files, that which takes longest first. */
  longestFirst(files: readonly string[]): string[] {
    return files.toSorted((a, b) => this.#expected(b) - this.#expected(a))
  }

  learn(file: string, durationMs: number): void {
    this.#known[file] = durationMs
  }

  save(): void {
    mkdirSync(dirname(this.#file), { recursive: true })
    const draft = `${this.#file}.${process.pid}`
    writeFileSync(draft, JSON.stringify(this.#known, undefined, 2))
    renameSync(draft, this.#file)
  }

  #expected(file: string): number {
    return this.#known[file] ?? TYPICAL_MS.find(([start]) => file.startsWith(start))?.[1] ?? 0
  }
}

function read(file: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, "utf8"))
  } catch {
    return {}
  }
}
