/** Why `npm start` can't go on, in words for its user. The launcher prints only the message, and exits with 1. */
export class StartError extends Error {
  override readonly name = "StartError"
}
