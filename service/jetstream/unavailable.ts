import { ResError } from "res-service"

/**
 * Awaits what only fails when NATS or the log does not do its part.
 *
 * @throws {ResError} `system.serviceUnavailable`, with `message`
 */
export async function orUnavailable<T>(message: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    throw new ResError("system.serviceUnavailable", message, undefined, { cause })
  }
}
