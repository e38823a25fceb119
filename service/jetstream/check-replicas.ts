import { setTimeout as sleep } from "node:timers/promises"
import type { NatsConnection } from "nats"
import { type Logger, ResError } from "res-service"
import { Bucket } from "./bucket.ts"
import { JetStream } from "./jetstream.ts"

/** A bucket whose settings are the same for all services. */
const BUCKET = "secrets"
const RETRY_MS = 250

/**
 * Waits until JetStream answers, and checks that NATS can store everything on `replicas` servers, before anything is done that would
 * wait for it.
 *
 * @throws {SettingError} NATS has fewer servers than replicas
 */
export async function checkReplicas(nc: NatsConnection, replicas: number, logger: Logger): Promise<void> {
  if (replicas === 1) return
  const bucket = new Bucket(new JetStream(nc, { replicas, logger }), BUCKET)
  for (;;) {
    try {
      await bucket.open()
      return
    } catch (error) {
      if (!(error instanceof ResError) || nc.isClosed()) throw error
      logger.debug({ err: error }, "JetStream does not answer yet")
      await sleep(RETRY_MS)
    }
  }
}
