import { jetstream } from "@nats-io/jetstream"
import type { NatsConnection } from "nats"
import type { PublishEvent } from "../../contract/publish-event.ts"
import { PATIENCE_MS } from "./until.ts"

/** nats-server takes 10,000 messages or 128 MB in hand for a stream at most, and drops what comes beyond that. */
const MESSAGES_AT_ONCE = 1000

/** Stores an event `count` times, for a log that must be long: as anyone on NATS may, so it costs little. Resolves when all are stored. */
export async function fillLog(nats: NatsConnection, event: PublishEvent, count: number): Promise<void> {
  const subject = `updates.store.${event.shop_id}`
  const payload = JSON.stringify(event)
  for (let left = count; left > 0; left -= MESSAGES_AT_ONCE) {
    for (let i = 1; i < Math.min(left, MESSAGES_AT_ONCE); i++) nats.publish(subject, payload)
    // The log takes what comes on one connection in order, so the others are stored before this one.
    await jetstream(nats).publish(subject, payload, { timeout: PATIENCE_MS })
  }
}
