/** Why `npm start` can't go on, in words for the one who typed it. The launcher prints the message alone and exits 1. */
export class StartError extends Error {
  override readonly name = "StartError"
}
