/** A backup cannot be made or restored. The message is one line that says why. */
export class BackupError extends Error {
  override readonly name = "BackupError"
}

/** Awaits what fails when NATS or MongoDB refuses, or does not answer: a `BackupError` that begins with `what`. */
export async function orBackupError<T>(what: string, work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    if (error instanceof BackupError) throw error
    throw new BackupError(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  })
}
