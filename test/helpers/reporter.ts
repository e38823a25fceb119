import { writeFileSync } from "node:fs"
import Mocha from "mocha"
import { skipReason } from "./skip.ts"

/** Time for the process to end by itself after the last test. */
const LINGER_MS = 10_000

/**
 * mocha's `spec`, and at the end: each skipped test with its reason, and the totals into the file that the variable
 * TEST_RESULT_FILE names, as the line `N passed, N failed, N skipped`.
 *
 * A process that doesn't end after the last test has something left running: it is ended with status 1.
 */
class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options)
    const skipped: string[] = []
    runner.on(Mocha.Runner.constants.EVENT_TEST_PENDING, (test) => {
      skipped.push(`  - ${test.fullTitle()}: ${reasonOf(test)}`)
    })
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      if (skipped.length > 0) process.stdout.write(`Skipped:\n${skipped.join("\n")}\n`)
      const { passes, failures, pending } = this.stats
      const file = process.env.TEST_RESULT_FILE
      if (file !== undefined) writeFileSync(file, `${passes} passed, ${failures} failed, ${pending} skipped\n`)
      setTimeout(() => {
        const left = process.getActiveResourcesInfo().filter((kind) => kind !== "TTYWrap" && kind !== "PipeWrap")
        process.stderr.write(`the tests are over, but something they started still runs: ${left.join(", ")}\n`)
        // mocha sets the status in a listener of its own, which comes before this one.
        process.once("exit", () => {
          process.exitCode = 1
        })
        process.exit()
      }, LINGER_MS).unref()
    })
  }
}

// mocha asks for a default export.
export default Reporter

function reasonOf(skipped: Mocha.Test | Mocha.Suite): string {
  const reason: unknown = Reflect.get(skipped, skipReason)
  if (typeof reason === "string") return reason
  return skipped.parent === undefined ? "no reason given" : reasonOf(skipped.parent)
}
