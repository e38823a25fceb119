import { parseArgs } from "node:util"

/** The demo's arguments; undefined means the default. */
export interface DemoArguments {
  readonly seed: number | undefined
  readonly rate: number | undefined
}

/** Default and maximum of events per minute. */
export const DEFAULT_RATE = 90
const MAX_RATE = 6000

/** An argument is wrong. The message is one line: argument, value, and what is expected. */
export class ArgumentError extends Error {
  override readonly name = "ArgumentError"
}

/**
 * Reads `--seed N` and `--rate N`, and ignores other arguments.
 *
 * @throws {ArgumentError}
 */
export function demoArguments(args: readonly string[]): DemoArguments {
  const { values } = parseArgs({
    args: [...args],
    options: { seed: { type: "string" }, rate: { type: "string" } },
    strict: false,
  })
  return {
    seed: wholeNumber("seed", values.seed, 0, Number.MAX_SAFE_INTEGER - 1),
    rate: wholeNumber("rate", values.rate, 1, MAX_RATE),
  }
}

function wholeNumber(name: string, value: unknown, min: number, max: number): number | undefined {
  if (value === undefined) return undefined
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (number >= min && number <= max) return number
  throw new ArgumentError(`--${name} ${String(value)}: expected a whole number from ${min} to ${max}`)
}
