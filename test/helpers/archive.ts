import { randomUUID } from "node:crypto"
import { DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream"
import type { Db } from "mongodb"
import type { NatsConnection } from "nats"
import type { PublishEvent, ShownEvent } from "../../contract/publish-event.ts"
import { consumerName } from "../../service/archive/intake.ts"
import { createdOf } from "../../service/jetstream/stream-identity.ts"
import { consumedMessage, readEntry } from "../../service/log/entry.ts"
import { logId } from "../../service/log/log-id.ts"
import { STREAM } from "../../service/log/stream.ts"
import { EVENT_SUBJECTS } from "../../service/log/subjects.ts"
import { publishEvents } from "./events.ts"
import { PATIENCE_MS, until } from "./until.ts"

/** The same MongoDB by another way, a proxy's port: only that, whatever the server says of its replica set. */
export function mongoVia(url: string, port: number): string {
  const via = new URL(url)
  via.host = `127.0.0.1:${port}`
  via.searchParams.delete("replicaSet")
  via.searchParams.set("directConnection", "true")
  return via.href
}

/** Publishes events as anybody on NATS may, and waits until they are stored: one basket; names differ. */
export async function publishMany(
  nats: NatsConnection,
  count: number,
  shopId: string = randomUUID(),
): Promise<number[]> {
  const js = jetstream(nats, { timeout: PATIENCE_MS })
  const session_id = randomUUID()
  const events = publishEvents(count, shopId).map((event) => {
    return { ...event, session_id, product_name: `Apples ${randomUUID()}` }
  })
  return await publishAll(js, events)
}

/** Publishes these events, and resolves to their sequences. */
export async function publishAll(js: ReturnType<typeof jetstream>, events: readonly PublishEvent[]): Promise<number[]> {
  const timeout = PATIENCE_MS
  const acks = await Promise.all(
    events.map((event) => js.publish(`updates.store.${event.shop_id}`, JSON.stringify(event), { timeout })),
  )
  return acks.map(({ seq }) => seq)
}

/** Waits until nothing of the log is left to archive. */
export async function caughtUp(nats: NatsConnection): Promise<void> {
  const jsm = await jetstreamManager(nats, { checkAPI: false, timeout: PATIENCE_MS })
  await until("the archive to have caught up", async () => {
    const created = createdOf(await jsm.streams.info(STREAM))
    const info = await jsm.consumers.info(STREAM, consumerName(logId(created))).catch(() => undefined)
    const last = await jsm.direct.getMessage(STREAM, { last_by_subj: EVENT_SUBJECTS })
    if (info === undefined || info.num_pending > 0 || info.num_ack_pending > 0) return false
    return info.delivered.stream_seq >= (last?.seq ?? 0)
  })
}

/** All valid events of the log, oldest first. */
export async function loggedEvents(nats: NatsConnection): Promise<ShownEvent[]> {
  const consumer = await jetstream(nats, { timeout: PATIENCE_MS }).consumers.get(STREAM, {
    filter_subjects: [EVENT_SUBJECTS],
    deliver_policy: DeliverPolicy.All,
  })
  const events: ShownEvent[] = []
  let left = (await consumer.info()).num_pending
  while (left > 0) {
    for await (const message of await consumer.fetch({ max_messages: Math.min(left, 1000) })) {
      const entry = readEntry(consumedMessage(message))
      if (!("reason" in entry)) events.push(entry.event)
      left--
    }
  }
  return events
}

/** All events of the archive, of whatever log, in the order of their sequences. */
export async function archivedEvents(db: Db): Promise<ShownEvent[]> {
  const documents = await db
    .collection("events")
    .find({}, { projection: { _id: 0, log: 0, annotations: 0, request_id: 0 } })
    .sort({ seq: 1 })
    .toArray()
  return documents.map(({ received_at, ...event }) => ({ ...event, received_at: received_at.toISOString() })) as never
}
