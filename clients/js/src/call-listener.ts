/** Calls a listener of the app. Its error is reported as an uncaught one, and does not reach the caller. */
export function callListener(listener: () => void): void {
  try {
    listener()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
