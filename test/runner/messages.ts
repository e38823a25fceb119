/** What became of one test. */
export interface TestResult {
  /** Full title. */
  readonly title: string
  readonly state: "passed" | "failed" | "skipped"
  /** Why it has failed: the first lines of what was thrown, with where. */
  readonly error?: string
}

/** What became of the tests of one file. */
export interface FileResult {
  readonly file: string
  readonly tests: readonly TestResult[]
  /** Time from the start of its loading to the moment when nothing of it was left running. */
  readonly durationMs: number
  /** Processor time that it took, with the processes that it started. */
  readonly cpuMs: number
}

/** Sent by the runner to a worker: the path of a test file to run. */
export interface RunFile {
  readonly file: string
}
