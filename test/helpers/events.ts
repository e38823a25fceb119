import { randomUUID } from "node:crypto"
import { type PublishEvent, samplePublishEvent } from "../../contract/publish-event.ts"
import type { SentEvent } from "../../contract/shared-session.ts"

/** A valid event: the sample, for a shop of its own unless `fields` says otherwise. */
export function publishEvent(fields: Partial<SentEvent> = {}): SentEvent {
  return { ...samplePublishEvent, shop_id: randomUUID(), ...fields }
}

/** `count` events of one shop; their `action_id` counts from 1. */
export function publishEvents(count: number, shopId: string = randomUUID()): PublishEvent[] {
  return Array.from({ length: count }, (_, i) => publishEvent({ shop_id: shopId, action_id: i + 1 }))
}

/** Events as the log stores them. */
export function payloadsOf(events: readonly PublishEvent[]): string[] {
  return events.map((event) => JSON.stringify(event))
}
