import { LatestKeys, ResError } from "res-service"
import { serviceError } from "../../../contract/errors.ts"
import { MAX_BATCH_EVENTS } from "../../../contract/limits.ts"
import { MAX_MISSING_RANGES, type Producer, type ProducerAnswer } from "../../../contract/producer.ts"
import { shopSubject } from "../../../contract/subjects.ts"
import { notTried } from "../../../contract/unavailable.ts"
import { occurrences } from "../../../observe/occurrences.ts"
import type { JetStream } from "../../jetstream/jetstream.ts"
import { CONTENT_HASH } from "../content-hash.ts"
import { contentHash, eventHeaders, type NewEvents, tellStored } from "../new-events.ts"
import { STREAM } from "../stream.ts"
import { placeHeaders, placesIn } from "./producer-headers.ts"
import {
  claimHeaders,
  isOvertaken,
  type ProducerKey,
  type ProducerState,
  producerKey,
  type RecordStore,
} from "./record-store.ts"
import { addSeq, hasSeq, highestSeq, missingIn, type SeqRanges } from "./seq-ranges.ts"

/** Most requests of a producer that are stored together. */
const MAX_GROUP = 64

/** How often a group is tried while other processes store requests of the same producer. */
const ATTEMPTS = 20

/** Producers whose state is kept in memory, to read less. */
const MAX_STATES = 2000

/** A producer's request to store events. */
export interface ProducerRequest {
  readonly producer: Producer
  /** The owner of the producer. */
  readonly caller: string
  readonly events: NewEvents
}

export interface Appended {
  /** Sequences in the log; 0: stored before, and the log has dropped what told where. */
  readonly seqs: number[]
  readonly answer: ProducerAnswer
}

/** A request that waits for its answer. */
interface Waiting extends Pick<ProducerRequest, "producer" | "events"> {
  resolve(stored: Appended): void
  reject(error: unknown): void
}

/** What to do with each request of a group. */
interface Plan {
  readonly fresh: readonly Waiting[]
  readonly repeated: readonly Waiting[]
  readonly refused: readonly (readonly [Waiting, ResError])[]
  /** Known sequences when the fresh requests are stored. */
  readonly known: SeqRanges
}

/**
 * Stores the requests of producers, each once for the life of the log, whatever process takes it and however often.
 *
 * First it writes a record that claims the sequences, on condition that the producer's last record is the one that it knows. Then it stores
 * the events, on condition that its own record is still the last one. JetStream checks both conditions. So two processes can never store
 * the same sequence, and a process that stops at any point leaves either no claim, or a claim for which the log tells whether the events
 * are stored. The next record notes where they are.
 *
 * The requests of one producer that wait together are stored as one group: all or none.
 */
export class ProducerAppender {
  readonly #js: JetStream
  readonly #records: RecordStore
  /** Requests that wait while another group of their producer is being stored, by the producer's subject. */
  readonly #queues = new Map<string, Waiting[]>()
  /** By subject; the least recently used one comes first. A state may be old: then no claim can be made with it. */
  readonly #states = new LatestKeys<string, ProducerState>(MAX_STATES)

  constructor(js: JetStream, records: RecordStore) {
    this.#js = js
    this.#records = records
  }

  /**
   * Stores all of a request's events, or finds where they were stored.
   *
   * @throws {ResError} `store.producerFenced` · `store.producerConflict` · `store.producerGaps` · `system.serviceUnavailable`: it is not
   *   known to be stored
   */
  append(shopId: string, { producer, caller, events }: ProducerRequest): Promise<Appended> {
    const key = producerKey(shopId, caller, producer.id)
    return new Promise((resolve, reject) => {
      const waiting = { producer, events, resolve, reject }
      const queue = this.#queues.get(key.subject)
      if (queue !== undefined) {
        queue.push(waiting)
        return
      }
      const started = [waiting]
      this.#queues.set(key.subject, started)
      void this.#work(key, started)
    })
  }

  async #work(key: ProducerKey, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      const group = takeGroup(queue)
      try {
        await this.#storeGroup(key, group)
      } catch (error) {
        this.#states.delete(key.subject)
        for (const { reject } of group) reject(error)
        for (const { reject } of queue.splice(0)) reject(notTried(undefined, error))
      }
    }
    this.#queues.delete(key.subject)
  }

  async #storeGroup(key: ProducerKey, group: readonly Waiting[]): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const { state, plan } = await this.#plan(key, group)
      const after = plan.fresh.length === 0 ? state : await this.#append(key, state, plan)
      if (after === undefined) {
        this.#states.delete(key.subject)
        continue
      }
      this.#states.set(key.subject, after)
      const missing = missingIn(after.known)
      let at = after.unnoted?.at ?? 0
      for (const { events, resolve } of plan.fresh) {
        const seqs = sequences(at, events.payloads.length)
        at += events.payloads.length
        resolve({ seqs, answer: { repeated: false, missing } })
      }
      for (const [{ reject }, error] of plan.refused) reject(error)
      for (const waiting of plan.repeated) {
        occurrences.repeatedPublish.tell("producer")
        const found = this.#find(key, after, waiting)
        await found.then((seqs) => waiting.resolve({ seqs, answer: { repeated: true, missing } }), waiting.reject)
      }
      return
    }
    throw new ResError("system.serviceUnavailable", "too many processes store requests of one producer")
  }

  /** The plan for a group. Only a claim shows that a kept state is not old, so anything else is planned with what the log has now. */
  async #plan(key: ProducerKey, group: readonly Waiting[]): Promise<{ state: ProducerState; plan: Plan }> {
    const kept = this.#states.get(key.subject)
    if (kept !== undefined) {
      const plan = planOf(kept, group)
      if (plan.fresh.length === group.length) return { state: kept, plan }
    }
    const state = await this.#records.read(key)
    return { state, plan: planOf(state, group) }
  }

  /** Stores the fresh requests. Undefined: another process was faster, and nothing is stored. */
  async #append(key: ProducerKey, state: ProducerState, { fresh, known }: Plan): Promise<ProducerState | undefined> {
    const epoch = fresh[0]?.producer.epoch ?? 0
    const before = epoch === state.epoch ? state : { known: [], unnoted: undefined }
    const claimed = fresh.map(({ producer, events }) => ({ seq: producer.seq, events: events.payloads.length }))
    try {
      const record = { epoch, known: before.known, stored: before.unnoted, claimed }
      const at = await this.#records.write(key, record, state.at)
      const first = await this.#publish(key, at, before.known, fresh)
      return { at, epoch, known, unnoted: { at: first, requests: claimed } }
    } catch (error) {
      if (isOvertaken(error)) return undefined
      throw error
    }
  }

  /** Publishes the events of a claim. Resolves to the sequence of the first one. */
  async #publish(key: ProducerKey, claim: number, known: SeqRanges, fresh: readonly Waiting[]): Promise<number> {
    const highest = highestSeq(known)
    const subject = shopSubject(key.shopId)
    let stored = known
    const messages = fresh.flatMap(({ producer, events }) => {
      const { payloads } = events
      stored = addSeq(stored, producer.seq)
      const hash = contentHash(events)
      const placeOf = placesIn(stored, producer, payloads.length, producer.seq < highest)
      return payloads.map((payload, i) => ({
        subject,
        payload,
        headers: Object.assign(
          placeHeaders(placeOf(i)),
          eventHeaders(events, i),
          i === 0 ? { [CONTENT_HASH]: hash } : undefined,
        ),
      }))
    })
    const [first, ...others] = messages
    if (first === undefined) throw new Error("a claim has no events")
    const conditional = { ...first, headers: Object.assign(claimHeaders(key, claim), first.headers) }
    const storing =
      others.length === 0
        ? this.#js.publish(subject, first.payload, conditional.headers)
        : this.#js.publishBatch([conditional, ...others])
    for (const { events } of fresh) tellStored(events, storing)
    return (await storing).seq - messages.length + 1
  }

  /**
   * The sequences of a request that was stored before.
   *
   * @throws {ResError} `store.producerConflict` · `system.serviceUnavailable`
   */
  async #find(key: ProducerKey, state: ProducerState, { producer, events }: Waiting): Promise<number[]> {
    const { payloads } = events
    const group = await this.#records.find(key, state, producer.seq)
    if (group === undefined) return payloads.map(() => 0)
    const index = group.requests.findIndex(({ seq }) => seq === producer.seq)
    const at = group.requests.slice(0, index).reduce((sum, { events }) => sum + events, group.at)
    if (group.requests[index]?.events !== payloads.length) throw serviceError("store.producerConflict")
    const stored = await this.#js.message(STREAM, { seq: at })
    // Events that were erased or dropped can't be compared, but they were stored once.
    if (stored !== undefined && stored.header.get(CONTENT_HASH) !== contentHash(events))
      throw serviceError("store.producerConflict")
    return sequences(at, payloads.length)
  }
}

/**
 * Takes requests that can be stored together out of a queue: of one epoch, each sequence once, in the order of sequences. A repetition of
 * one of them waits for the next group.
 */
function takeGroup(queue: Waiting[]): Waiting[] {
  const inOrder = queue.splice(0).sort((a, b) => a.producer.epoch - b.producer.epoch || a.producer.seq - b.producer.seq)
  const group: Waiting[] = []
  let events = 0
  let isFull = false
  for (const waiting of inOrder) {
    const { producer } = waiting
    const { length } = waiting.events.payloads
    const last = group.at(-1)?.producer
    // What comes after one that has no room would be stored before it.
    isFull ||= group.length === MAX_GROUP || events + length > MAX_BATCH_EVENTS
    const isNext = last === undefined || (last.epoch === producer.epoch && last.seq < producer.seq)
    if (!isFull && isNext) {
      group.push(waiting)
      events += length
    } else queue.push(waiting)
  }
  return group
}

function planOf(state: ProducerState, group: readonly Waiting[]): Plan {
  const epoch = group[0]?.producer.epoch ?? 0
  const fresh: Waiting[] = []
  const repeated: Waiting[] = []
  const refused: [Waiting, ResError][] = []
  if (epoch < state.epoch) {
    const fenced = serviceError("store.producerFenced", { epoch: state.epoch })
    return { fresh, repeated, refused: group.map((waiting) => [waiting, fenced]), known: state.known }
  }
  let known = epoch === state.epoch ? state.known : []
  for (const waiting of group) {
    const { seq } = waiting.producer
    if (hasSeq(known, seq)) {
      repeated.push(waiting)
      continue
    }
    const more = addSeq(known, seq)
    if (missingIn(more).length > MAX_MISSING_RANGES) refused.push([waiting, serviceError("store.producerGaps")])
    else {
      fresh.push(waiting)
      known = more
    }
  }
  return { fresh, repeated, refused, known }
}

function sequences(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i)
}
