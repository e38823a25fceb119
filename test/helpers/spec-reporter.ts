import Mocha from "mocha"
import { skipReason } from "./skip.ts"

/** mocha's `spec`, and at the end each skipped test with its reason. */
export class SpecReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options)
    const skipped: string[] = []
    runner.on(Mocha.Runner.constants.EVENT_TEST_PENDING, (test) => {
      skipped.push(`  - ${test.fullTitle()}: ${reasonOf(test)}`)
    })
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      if (skipped.length > 0) process.stdout.write(`Skipped:\n${skipped.join("\n")}\n`)
    })
  }
}

function reasonOf(skipped: Mocha.Test | Mocha.Suite): string {
  const reason: unknown = Reflect.get(skipped, skipReason)
  if (typeof reason === "string") return reason
  return skipped.parent === undefined ? "no reason given" : reasonOf(skipped.parent)
}
