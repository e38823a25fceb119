import type { Headers } from "res-service"
import { Producer, producerHeaders } from "../../../contract/producer.ts"
import type { MessageHeader } from "../../jetstream/consumption.ts"
import { missingIn, type SeqRanges } from "./seq-ranges.ts"

const { id: ID, epoch: EPOCH, seq: SEQ } = producerHeaders
const LATE = "Producer-Late"
const FIRST_MISSING = "Producer-First-Missing"

/** Where an event stands among those of its producer. */
export interface ProducerPlace extends Producer {
  /** The producer had stored a higher sequence before. */
  readonly late: boolean
  /** The lowest sequence below the highest one that was still missing when the event was stored; Infinity: none. */
  readonly firstMissing: number
}

/**
 * The places of a request's events, by index. A late request is missing until its last event, so that nothing that belongs behind it is
 * settled in its middle.
 *
 * @param known with the request
 */
export function placesIn(
  known: SeqRanges,
  producer: Producer,
  events: number,
  late: boolean,
): (index: number) => ProducerPlace {
  const firstMissing = missingIn(known)[0]?.[0] ?? Infinity
  const last = { ...producer, late, firstMissing }
  const others = late ? { ...last, firstMissing: Math.min(firstMissing, producer.seq) } : last
  return (index) => (index === events - 1 ? last : others)
}

/** Writes a place into the headers of an event's message. */
export function placeHeaders({ id, epoch, seq, late, firstMissing }: ProducerPlace): Headers {
  return {
    [ID]: id,
    [EPOCH]: String(epoch),
    [SEQ]: String(seq),
    ...(late ? { [LATE]: "true" } : {}),
    ...(firstMissing === Infinity ? {} : { [FIRST_MISSING]: String(firstMissing) }),
  }
}

/** Reads the place from a message's headers. Undefined: no producer has sent it, or another program has written other headers. */
export function placeIn(headers: MessageHeader | undefined): ProducerPlace | undefined {
  if (headers === undefined || !headers.has(ID)) return undefined
  const parsed = Producer.safeParse({
    id: headers.get(ID),
    epoch: Number(headers.get(EPOCH)),
    seq: Number(headers.get(SEQ)),
  })
  if (!parsed.success) return undefined
  const firstMissing = headers.has(FIRST_MISSING) ? Number(headers.get(FIRST_MISSING)) : Infinity
  return { ...parsed.data, late: headers.get(LATE) === "true", firstMissing }
}
