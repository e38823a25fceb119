import { natsPartition } from "res-service/sharding"
import { isShopId } from "../../contract/publish-event.ts"

/** How many partitions the log has. Fixed for good: stored subjects contain the number. */
export const PARTITIONS = 64

/** A subject for asking the stream about message IDs. Nothing is ever stored on it. */
export const PROBE_SUBJECT = "updates.probe"

/** The stored subjects of all events. */
export const EVENT_SUBJECTS = "updates.store.>"

/** The subject under which the log keeps a shop's events: reads with the original one silently find nothing. */
export function storedSubject(shopId: string): string {
  return `updates.store.${partitionOf(shopId)}.${shopId}`
}

/** All subjects of work on baskets, as the stream takes them in. */
export const WORK_SUBJECTS = "acks.store.*.*"

/**
 * Where the work of a shop's staff on baskets is published and kept; acknowledgements, which were its first kind, give it its name. It
 * contains the partition, so the stream need not insert it. It is not below `updates.store.*`, whose plain subscribers get only events.
 */
export function workSubject(shopId: string): string {
  return `acks.store.${partitionOf(shopId)}.${shopId}`
}

/** All subjects of what the log knows of producers, as the stream takes them in. */
export const PRODUCER_SUBJECTS = "producers.store.*.*.*"

/** Where the records of a producer are published and kept. Nobody follows them. `name` is one part of a subject. */
export function producerSubject(shopId: string, name: string): string {
  return `producers.store.${partitionOf(shopId)}.${shopId}.${name}`
}

/** True for a stored subject of work on baskets. */
export function isWorkSubject(subject: string): boolean {
  return subject.startsWith("acks.store.")
}

/** The shop of a stored subject; undefined when it contains no shop ID. */
export function shopOfStoredSubject(subject: string): string | undefined {
  const shopId = subject.split(".")[3] ?? ""
  return isShopId(shopId) ? shopId : undefined
}

/** The partition of a shop or session, as nats-server computes it. */
export function partitionOf(id: string): number {
  return natsPartition(id, PARTITIONS)
}

/** The stored subjects of the events and the work on baskets of some partitions; undefined: of all. */
export function recordSubjects(partitions: readonly number[] | undefined): string[] {
  if (partitions === undefined || partitions.length === PARTITIONS) return [EVENT_SUBJECTS, WORK_SUBJECTS]
  return partitions.flatMap((partition) => [`updates.store.${partition}.>`, `acks.store.${partition}.*`])
}

/** The partition of a stored subject. */
export function partitionOfStoredSubject(subject: string): number {
  return Number(subject.split(".", 3)[2])
}
