import type { Context } from "mocha"

/** Where `skip` leaves its reason for the reporter: on the test, or on the suite when a `before` hook skips it all. */
export const skipReason = Symbol.for("shopwire.skipReason")

/** Skips the test, or all tests of the suite when called in `before`; the reason, what is missing, is printed. */
export function skip(context: Context, reason: string): never {
  const runnable = context.runnable()
  const ofSuite = runnable.title.startsWith('"before all"') ? runnable.parent : undefined
  Object.assign(ofSuite ?? context.currentTest ?? runnable, { [skipReason]: reason })
  context.skip()
}
