import type { MsgHdrs } from "nats"
import type { Headers } from "res-service"
import { Producer } from "../../../contract/producer.ts"

const ID = "Producer-Id"
const EPOCH = "Producer-Epoch"
const SEQ = "Producer-Seq"
const LATE = "Producer-Late"
const FIRST_MISSING = "Producer-First-Missing"

/** Where an event stands among those of its producer. */
export interface ProducerPlace extends Producer {
  /** The producer had stored a higher sequence before. */
  readonly late: boolean
  /** The lowest sequence that was missing below the highest one when the event was stored; Infinity: none was. */
  readonly firstMissing: number
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
export function placeIn(headers: MsgHdrs | undefined): ProducerPlace | undefined {
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
