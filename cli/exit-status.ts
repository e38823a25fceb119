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
  /** Ctrl-C ended it before it was done. What shells answer for SIGINT, too. */
  interrupted: 130,
} as const

/** The command was called with wrong arguments; the message is one line. */
export class UsageError extends Error {
  override readonly name = "UsageError"
}

/** A file or standard input has something else than is expected; the message is one line, and names the line. */
export class InputError extends Error {
  override readonly name = "InputError"
}

/** Ctrl-C came before the command was done. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError"
}

/** The product refuses what the command asked for. The message may have several lines. */
export class RefusedError extends Error {
  override readonly name = "RefusedError"
}

/** An error of a request, with the place of its events in front if the product refuses them: `line 7: 422 …`. */
export function errorAt(place: string | undefined, error: unknown): unknown {
  return error instanceof RefusedError && place !== undefined ? new RefusedError(`${place}: ${error.message}`) : error
}

/** A part of the product does not answer. The message names it, and says what to do. */
export class AwayError extends Error {
  override readonly name = "AwayError"
}
