/** The exit statuses of all commands. `docs/cli.md` has them too. */
export const EXIT = {
  /** Done; allowed; nothing is wrong. */
  ok: 0,
  /** The answer is no: refused, not found, or `doctor` has found a problem. */
  no: 1,
  /** The command was called with wrong arguments, or a setting is wrong. */
  usage: 2,
  /** The product does not answer. The same command may work later. */
  away: 3,
} as const

/** The command was called with wrong arguments; the message is one line. */
export class UsageError extends Error {
  override readonly name = "UsageError"
}

/** The product refuses what the command asked for. The message may have several lines. */
export class RefusedError extends Error {
  override readonly name = "RefusedError"
}

/** A part of the product does not answer. The message names it, and says what to do. */
export class AwayError extends Error {
  override readonly name = "AwayError"
}
