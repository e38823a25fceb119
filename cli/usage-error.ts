/** The command was called with what it does not take; the message is one line. */
export class UsageError extends Error {
  override readonly name = "UsageError"
}
