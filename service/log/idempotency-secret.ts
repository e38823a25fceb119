import { randomBytes } from "node:crypto"
import { Bucket } from "../jetstream/bucket.ts"
import type { JetStream } from "../jetstream/jetstream.ts"

const BUCKET = "secrets"
const KEY = "idempotency"

const ATTEMPTS = 10

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
  let secret = await agree(bucket, randomBytes(32).toString("base64url"))
  // When the bucket was lost, the secret is kept, so that keys are still recognised.
  bucket.onReplaced(() => {
    const agreeing = agree(bucket, secret).then((agreed) => {
      secret = agreed
      onChanged(agreed)
    })
    agreeing.catch(() => {}) // The next start makes another one.
  })
  return secret
}

/** The secret that the bucket has; `own` when it had none. */
async function agree(bucket: Bucket, own: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const known = await bucket.get(KEY)
    if (known !== undefined) return known.string()
    try {
      await bucket.create(KEY, own)
    } catch (error) {
      // Another service was faster.
      if (attempt === ATTEMPTS) throw error
    }
  }
}
