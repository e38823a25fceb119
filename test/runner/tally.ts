import type { TestResult } from "./messages.ts"

/** What the runner's `--report` holds of a test. */
export type ReportedTest = TestResult & { readonly file: string }

/** Counts over several runs how often each test was run, and how often it failed. */
export class Tally {
  readonly #rows = new Map<string, { failures: number; runs: number }>()

  add(tests: readonly ReportedTest[]): void {
    // A test that fails twice in one run, as by an error after its end, has failed once.
    const states = new Map<string, boolean>()
    for (const { file, title, state } of tests) {
      const name = file === "" ? title : `${file}: ${title}`
      if (state !== "skipped") states.set(name, state === "failed" || states.get(name) === true)
    }
    for (const [name, isFailed] of states) {
      const { failures, runs } = this.#rows.get(name) ?? { failures: 0, runs: 0 }
      this.#rows.set(name, { failures: failures + (isFailed ? 1 : 0), runs: runs + 1 })
    }
  }

  get tests(): number {
    return this.#rows.size
  }

  /** How many tests have failed at least once. */
  get unstable(): number {
    return this.#failed().length
  }

  /** A line for each test that has failed, that which failed most first: test, failures, runs. */
  table(): string {
    const lines = this.#failed().map(([name, { failures, runs }]) => `| ${name} | ${failures} | ${runs} |`)
    return ["| test | failures | runs |", "| --- | --- | --- |", ...lines].join("\n")
  }

  #failed() {
    return [...this.#rows].filter(([, { failures }]) => failures > 0).sort(([, a], [, b]) => b.failures - a.failures)
  }
}
