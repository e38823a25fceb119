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
 */
export async function openIdempotencySecret(js: JetStream): Promise<string> {
  const bucket = new Bucket(js, BUCKET)
  for (let attempt = 1; ; attempt++) {
    const known = await bucket.get(KEY)
    if (known !== undefined) return known.string()
    try {
      await bucket.create(KEY, randomBytes(32).toString("base64url"))
    } catch (error) {
      // Another service was faster, and the replica that answers does not have its value yet.
      if (attempt === ATTEMPTS) throw error
    }
  }
}
