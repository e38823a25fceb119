import { randomBytes } from "node:crypto"
import { Bucket } from "../jetstream/bucket.ts"
import type { JetStream } from "../jetstream/jetstream.ts"

const BUCKET = "secrets"
const KEY = "idempotency"

const ATTEMPTS = 10

/** What the bucket had last. The service may begin again when NATS has lost its files; others may still use this one then. */
let lastKnown: string | undefined

/**
 * The secret by which idempotency keys become message IDs. Nobody can publish the ID of another caller's key without it. It is made once
 * and kept in the KV bucket `secrets`, so that keys are recognised after restarts and by all services. Only the login `service` can read
 * the bucket.
 *
 * @param onChanged called when the bucket was lost, and another service has put another secret there
 */
export async function openIdempotencySecret(js: JetStream, onChanged: (secret: string) => void): Promise<string> {
  const bucket = new Bucket(js, BUCKET)
  await bucket.open()
  // When the bucket was lost, the secret is kept, so that keys are still recognised.
  bucket.onReplaced(() => void agree(bucket).then(onChanged, () => {}))
  return await agree(bucket)
}

/** The secret that the bucket has; when it has none, the last known one, or another one. */
async function agree(bucket: Bucket): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const known = await bucket.get(KEY)
    if (known !== undefined) {
      lastKnown = known.string()
      return lastKnown
    }
    try {
      await bucket.create(KEY, lastKnown ?? randomBytes(32).toString("base64url"))
    } catch (error) {
      // Another service was faster.
      if (attempt === ATTEMPTS) throw error
    }
  }
}
