/** The command was called with wrong arguments; the message is one line. */
export class UsageError extends Error {
  override readonly name = "UsageError"
}
