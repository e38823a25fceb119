/** Time for what the tests of a process started to end by itself after the last of them. */
export const LINGER_MS = 10_000

/** The kinds of what keeps this process alive, standard streams and the channel to a parent left out. */
export function leftRunning(): string {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => kind !== "TTYWrap" && kind !== "PipeWrap")
    .join(", ")
}
