import type { Headers } from "res-service"
import { serviceError } from "../../contract/errors.ts"
import { MAX_EVENT_BYTES } from "../../contract/limits.ts"
import type { Publication, Published } from "../../contract/publication.ts"
import type { Log } from "../log/log.ts"

/** All unknown callers share their idempotency keys and producers. */
const ANONYMOUS = "anonymous"

/**
 * Stores events of one shop, all or none. Resolves when they are stored. `caller` is the owner of the idempotency key or producer;
 * `origin` as in `NewEvents`.
 *
 * @throws {ResError} `store.shopMismatch`: an event belongs to another shop · `store.eventTooLarge` ·
 *   `store.idempotencyConflict` · `store.producerFenced` · `store.producerConflict` · `store.producerGaps` · `system.serviceUnavailable`: it is not known to be stored
 */
export async function publish(
  log: Log,
  shopId: string,
  { events, batch, idempotencyKey, producer, shared }: Publication,
  { caller = ANONYMOUS, origin }: { readonly caller?: string | undefined; readonly origin?: Headers | undefined } = {},
): Promise<Published> {
  const errors = events.flatMap((event, i) => {
    if (event.shop_id === shopId) return []
    return [{ path: batch ? [i, "shop_id"] : ["shop_id"], message: "expected the shop that it is published to" }]
  })
  if (errors.length > 0) throw serviceError("store.shopMismatch", { errors })

  const payloads = events.map((event) => JSON.stringify(event))
  const large = payloads.findIndex((payload) => Buffer.byteLength(payload) > MAX_EVENT_BYTES)
  if (large !== -1) {
    const path = batch ? [large] : []
    const message = `expected at most ${MAX_EVENT_BYTES} bytes of JSON`
    throw serviceError("store.eventTooLarge", { errors: [{ path, message }] })
  }

  const stored = { payloads, sharedSessions: shared?.sessions, origin }
  if (producer !== undefined) {
    const { seqs, answer } = await log.appendOnce(shopId, { producer, caller, events: stored })
    return batch ? { seqs, producer: answer } : { seq: seqs[0] ?? 0, producer: answer }
  }
  const idempotency = idempotencyKey === undefined ? undefined : { key: idempotencyKey, caller }
  const seqs = await log.append(shopId, stored, idempotency)
  return batch ? { seqs } : { seq: seqs[0] ?? 0 }
}
