import Mocha from "mocha"
import { LINGER_MS, leftRunning } from "./left-running.ts"
import { SpecReporter } from "./spec-reporter.ts"

/**
 * What `npx mocha` prints by. A process that doesn't end after the last test has something left running: it is ended with
 * status 1.
 */
class Reporter extends SpecReporter {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options)
    // Mocha passes on what it hears of these; thrown, they fail the test at work.
    process.on("unhandledRejection", (reason) => {
      throw reason
    })
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      setTimeout(() => {
        process.stderr.write(`the tests are over, but something they started still runs: ${leftRunning()}\n`)
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
