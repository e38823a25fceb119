import { createHash } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import type { StoredMsg } from "@nats-io/jetstream"
import type { Headers } from "res-service"
import { isApiError, WRONG_LAST_CONSTANT, WRONG_LAST_SEQUENCE } from "../../jetstream/api-error.ts"
import type { JetStream } from "../../jetstream/jetstream.ts"
import { STREAM } from "../stream.ts"
import { producerSubject, storedSubject } from "../subjects.ts"
import { type LoggedRecord, type ProducerRecord, readRecord, type StoredGroup, writeRecord } from "./producer-record.ts"
import { addSeq, hasSeq, type SeqRanges } from "./seq-ranges.ts"

/** Headers of JetStream: a message is stored only if the last message of another subject has this sequence. */
const EXPECTED = "Nats-Expected-Last-Subject-Sequence"
const OF_SUBJECT = "Nats-Expected-Last-Subject-Sequence-Subject"

/** How long another process may take to store what it has claimed, in ms. Only its own event could be shown twice if it takes longer. */
const CLAIM_PATIENCE_MS = 1000
const FIRST_LOOK_MS = 10

/** Messages of the first read and of further reads behind a claim: the first nearly always has the events. */
const [FIRST_READ, FURTHER_READ] = [16, 500]

/** The subject of a producer's records, and the shop whose events they are about. */
export interface ProducerKey {
  readonly shopId: string
  readonly subject: string
}

/** What is known of a producer at one time. */
export interface ProducerState {
  /** Sequence in the log of the last record; 0: there is none. */
  readonly at: number
  /** -1: there is no record. */
  readonly epoch: number
  readonly known: SeqRanges
  /** Requests in `known` whose places in the log the last record does not have. */
  readonly unnoted: StoredGroup | undefined
}

export const NEW_PRODUCER: ProducerState = { at: 0, epoch: -1, known: [], unnoted: undefined }

/** @param caller the owner of the producer. Equal IDs of two callers are two producers. */
export function producerKey(shopId: string, caller: string, id: string): ProducerKey {
  const name = createHash("sha256")
    .update(JSON.stringify([shopId, caller, id]))
    .digest("base64url")
    .slice(0, 22)
  return { shopId, subject: producerSubject(shopId, name) }
}

/** Condition of an event: the producer's last record is still the one that has claimed its place. */
export function claimHeaders({ subject }: ProducerKey, claim: number): Headers {
  return { [EXPECTED]: String(claim), [OF_SUBJECT]: subject }
}

/** True for the refusal of a message because another record was written meanwhile. */
export function isOvertaken(error: unknown): boolean {
  return isApiError(error, WRONG_LAST_SEQUENCE) || isApiError(error, WRONG_LAST_CONSTANT)
}

/** Reads and writes the records of producers in the log. All methods throw `system.serviceUnavailable` as those of `JetStream` do. */
export class RecordStore {
  readonly #js: JetStream

  constructor(js: JetStream) {
    this.#js = js
  }

  /**
   * Writes a record after the one at `after` (0: as the first). Resolves to its sequence in the log.
   *
   * @throws an error for which `isOvertaken` is true: another record came first, and nothing was written
   */
  async write({ subject }: ProducerKey, record: ProducerRecord, after: number): Promise<number> {
    return await this.#js.replace(subject, writeRecord(record), after)
  }

  /**
   * What the log knows now. If the last record claims something that is not in the log, another process is storing it now, or has ended in
   * the middle. It gets some time. Then a new record ends the claim, and from that moment the events can't be stored any more.
   */
  async read(key: ProducerKey): Promise<ProducerState> {
    const start = performance.now()
    for (let waitMs = FIRST_LOOK_MS; ; waitMs *= 2) {
      const message = await this.#js.message(STREAM, { last_by_subj: key.subject })
      if (message === undefined) return NEW_PRODUCER
      const record = readRecord(message)
      const { at, epoch, known, claimed = [], claim } = record
      if (claimed.length === 0) return { at, epoch, known, unnoted: undefined }
      const first = await this.#firstOf(key, claim ?? at, claim === undefined ? Infinity : at)
      if (first !== undefined) {
        const all = claimed.reduce((ranges, { seq }) => addSeq(ranges, seq), known)
        return { at, epoch, known: all, unnoted: { at: first, requests: claimed } }
      }
      if (claim !== undefined) return { at, epoch, known, unnoted: undefined }
      if (performance.now() - start < CLAIM_PATIENCE_MS) await sleep(waitMs)
      else await this.#endClaim(key, record)
    }
  }

  /** Where the log has a sequence of the producer's that `state` knows. Undefined: the log has dropped the record that told it. */
  async find(key: ProducerKey, { at, epoch, unnoted }: ProducerState, seq: number): Promise<StoredGroup | undefined> {
    if (isIn(unnoted, seq)) return unnoted
    // The first record that knows the sequence tells where it is. A sequence that is known once is known to all later records.
    let found = await this.#recordFrom(key, at)
    let [low, high] = [1, at]
    if (isIn(found?.stored, seq)) return found?.stored
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const record = await this.#recordFrom(key, middle)
      if (record === undefined) return undefined // purged meanwhile
      if (record.epoch === epoch && hasSeq(record.known, seq)) {
        found = record
        high = middle
      } else low = record.at + 1
    }
    return isIn(found?.stored, seq) ? found?.stored : undefined
  }

  /**
   * Call it before a message of an event is deleted. If the event's claim is the producer's last record, it writes another one, because a
   * claim without its event would mean that the event was never stored.
   */
  async settle({ header, subject }: StoredMsg): Promise<void> {
    const producer = header?.get(OF_SUBJECT)
    const shopId = subject.split(".")[3]
    if (!producer || shopId === undefined || storedSubject(shopId) !== subject) return
    const key = { shopId, subject: producer }
    for (;;) {
      const { at, epoch, known, unnoted } = await this.read(key)
      if (unnoted === undefined) return
      try {
        await this.write(key, { epoch, known, stored: unnoted }, at)
        return
      } catch (error) {
        if (!isOvertaken(error)) throw error
      }
    }
  }

  async #endClaim(key: ProducerKey, { at, ...record }: LoggedRecord): Promise<void> {
    try {
      await this.write(key, { ...record, claim: at }, at)
    } catch (error) {
      if (!isOvertaken(error)) throw error
    }
  }

  /** The producer's first record at or after a sequence of the log. */
  async #recordFrom({ subject }: ProducerKey, seq: number): Promise<LoggedRecord | undefined> {
    const message = await this.#js.message(STREAM, { seq, next_by_subj: subject })
    return message && readRecord(message)
  }

  /** The sequence of the first event that was stored for a claim; `end`: nothing was stored for it from there on. */
  async #firstOf({ shopId, subject }: ProducerKey, claim: number, end: number): Promise<number | undefined> {
    let size = FIRST_READ
    for (let from = claim + 1; from < end; ) {
      const options = { seq: from, next_by_subj: storedSubject(shopId), batch: size }
      const { messages, pending } = await this.#js.batch(STREAM, options)
      const isFirst = ({ header }: StoredMsg): boolean =>
        header.get(EXPECTED) === String(claim) && header.get(OF_SUBJECT) === subject
      const first = messages.find(isFirst)
      const last = messages.at(-1)
      if (first !== undefined) return first.seq
      if (last === undefined || pending === 0) return undefined
      from = last.seq + 1
      size = FURTHER_READ
    }
    return undefined
  }
}

function isIn(group: StoredGroup | undefined, seq: number): boolean {
  return group?.requests.some((request) => request.seq === seq) ?? false
}
