/** Calls a listener of the app. Its error is reported as an uncaught one, and does not reach the caller. */
export function callListener(listener: () => void): void {
  try {
    listener()
  } catch (error) {
    reportUncaught(error)
  }
}

/** The same, and resolves when the promise that the listener may return is settled. */
export async function awaitListener(listener: () => unknown): Promise<void> {
  try {
    await listener()
  } catch (error) {
    reportUncaught(error)
  }
}

function reportUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
