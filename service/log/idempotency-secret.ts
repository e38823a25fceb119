import { randomBytes } from "node:crypto"
import { Kvm } from "@nats-io/kv"
import type { NatsConnection } from "nats"

const BUCKET = "secrets"
const KEY = "idempotency"

const ATTEMPTS = 10

/**
 * The key of the hash that makes message IDs of idempotency keys: without it nobody can publish the ID that another's key will have.
 * It is made once, and kept in the KV bucket `secrets`, so that a key counts across restarts and in all services. Only the login
 * `service` can read the bucket.
 */
export async function openIdempotencySecret(nc: NatsConnection): Promise<string> {
  const bucket = await new Kvm(nc).create(BUCKET, { history: 1 })
  for (let attempt = 1; ; attempt++) {
    const known = await bucket.get(KEY)
    if (known !== null && known.operation === "PUT") return known.string()
    try {
      await bucket.create(KEY, randomBytes(32).toString("base64url"))
    } catch (error) {
      // Another service was faster, and what was read was a replica that does not know yet.
      if (attempt === ATTEMPTS) throw error
    }
  }
}
