import { randomBytes } from "node:crypto"
import { Bucket } from "../jetstream/bucket.ts"
import type { JetStream } from "../jetstream/jetstream.ts"

const BUCKET = "secrets"
const KEY = "idempotency"

const ATTEMPTS = 10

/**
 * The secret of the hash that makes message IDs of idempotency keys. Without it nobody can publish the ID of another caller's
 * key. It is made once and kept in the KV bucket `secrets`, so that keys count across restarts and in all services. Only the
 * login `service` can read the bucket.
 */
export async function openIdempotencySecret(js: JetStream): Promise<string> {
  const bucket = new Bucket(js, BUCKET)
  for (let attempt = 1; ; attempt++) {
    const known = await bucket.get(KEY)
    if (known !== undefined) return known.string()
    try {
      await bucket.create(KEY, randomBytes(32).toString("base64url"))
    } catch (error) {
      // Another service was faster, and the replica that answered does not have its value yet.
      if (attempt === ATTEMPTS) throw error
    }
  }
}
