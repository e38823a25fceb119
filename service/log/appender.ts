import { createHmac } from "node:crypto"
import { type Headers, ResError } from "res-service"
import type { BasketWork } from "../../contract/basket-work.ts"
import { serviceError } from "../../contract/errors.ts"
import { shopSubject } from "../../contract/subjects.ts"
import { occurrences } from "../../observe/occurrences.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import type { Ack, NewMessage } from "../jetstream/writer.ts"
import { ArrayAppender } from "./array-appender.ts"
import { CONTENT_HASH, hashOf } from "./content-hash.ts"
import { openIdempotencySecret } from "./idempotency-secret.ts"
import { contentHash, eventHeaders, type NewEvents, tellStored } from "./new-events.ts"
import { STREAM } from "./stream.ts"
import { PROBE_SUBJECT, workSubject } from "./subjects.ts"

/** JetStream's error code: the stream permits no rollups. */
const NO_ROLLUP = 10111

/** Identifies a request that may come twice and must be stored once. */
export interface Idempotency {
  readonly key: string
  /** The caller who uses the key. Equal keys of two callers are independent. */
  readonly caller: string
}

/** Appends events to the log. When a method resolves, the events are stored. */
export class LogAppender {
  readonly #js: JetStream
  readonly #arrays: ArrayAppender
  #secret: string | undefined
  /** Requests under way, by message ID. A repeated request usually comes while the first one still waits. */
  readonly #underWay = new Map<string, Promise<number[]>>()

  constructor(js: JetStream) {
    this.#js = js
    this.#arrays = new ArrayAppender(js)
  }

  /** Reads the secret for idempotency keys, which `append` needs. */
  async open(): Promise<void> {
    this.#secret = await openIdempotencySecret(this.#js, (secret) => {
      this.#secret = secret
    })
  }

  /**
   * Stores all of a shop's events, or none, and resolves to their sequences. Under an idempotency key that was used
   * within the last 10 minutes for the same events, it stores nothing and resolves to the first ones' sequences.
   *
   * @throws {ResError} `store.idempotencyConflict`: the key was used for other events, or for events that are not stored any more ·
   *   `system.serviceUnavailable`: it is not known to be stored
   */
  async append(shopId: string, events: NewEvents, idempotency?: Idempotency): Promise<number[]> {
    const subject = shopSubject(shopId)
    if (idempotency === undefined) return sequences(await this.#store(subject, events), events.payloads.length)

    // Message IDs are for the whole stream, so the hash contains shop and caller. Any publisher may use an ID, so it is keyed.
    if (this.#secret === undefined) throw new Error("the appender is not open")
    const id = hashOf(createHmac("sha256", this.#secret), shopId, idempotency.caller, idempotency.key)
    await this.#underWay.get(id)?.catch(() => {})
    const appending = this.#appendOnce(id, subject, events).finally(() => this.#underWay.delete(id))
    this.#underWay.set(id, appending)
    return await appending
  }

  /**
   * Stores work of the staff on a basket. Resolves to its sequence.
   *
   * @throws {ResError} `system.serviceUnavailable`: it is not known to be stored
   */
  async tend(shopId: string, { session_id, by, task }: BasketWork): Promise<number> {
    const claim = { session_id, by }
    return (
      await this.#store(workSubject(shopId), {
        payloads: [JSON.stringify(task === "acknowledge" ? claim : { ...claim, task })],
      })
    ).seq
  }

  // Asks before it publishes, because plain subscribers see each published message, even one that is not stored.
  async #appendOnce(id: string, subject: string, events: NewEvents): Promise<number[]> {
    const hash = contentHash(events)
    const { length } = events.payloads
    const known = await this.#firstOf(id)
    if (known !== undefined) return await this.#answerAgain(known, hash, length)

    const ack = await this.#store(subject, events, { "Nats-Msg-Id": id, [CONTENT_HASH]: hash })
    if (!ack.duplicate) return sequences(ack, length)
    // Another process was faster.
    const first = await this.#firstOf(id)
    if (first === undefined) throw new ResError("system.serviceUnavailable")
    return await this.#answerAgain(first, hash, length)
  }

  // A duplicate means that the ID was used, not which events it stored or whether they still exist: a person may be erased, and a
  // full log drops its oldest events. If the events can't be compared, the answer is a conflict, since nothing can be stored
  // under the ID until its window is over.
  async #answerAgain(firstSeq: number, hash: string, count: number): Promise<number[]> {
    const stored = await this.#js.message(STREAM, { seq: firstSeq })
    if (stored?.header.get(CONTENT_HASH) !== hash) throw serviceError("store.idempotencyConflict")
    occurrences.repeatedPublish.tell("idempotency_key")
    return Array.from({ length: count }, (_, i) => firstSeq + i)
  }

  /**
   * The sequence of the first message stored under an ID within the window. JetStream returns it when the ID is published again.
   * This question itself is never stored, because it asks for a rollup, which the stream does not permit. JetStream checks
   * rollups after the ID and before the leader replicates the message. Other conditions don't work: after a failed
   * `Expected-Last-Msg-Id` all replicas give the stream up, and without replicas JetStream checks an expected sequence before the
   * ID (nats-server 2.15.2).
   */
  async #firstOf(id: string): Promise<number | undefined> {
    const headers = { "Nats-Msg-Id": id, "Nats-Rollup": "sub" }
    return (await this.#js.publishUnless(NO_ROLLUP, PROBE_SUBJECT, "", headers))?.seq
  }

  /** @param first headers of the first message */
  #store(subject: string, events: NewEvents, first?: Headers): Promise<Ack> {
    const messages = events.payloads.map((payload, i) => ({
      subject,
      payload,
      headers: merged(i === 0 ? first : undefined, eventHeaders(events, i)),
    }))
    const storing = this.#publish(messages, first !== undefined)
    tellStored(events, storing)
    return storing
  }

  /** @param isConditional JetStream may refuse them as a duplicate */
  #publish(messages: readonly NewMessage[], isConditional: boolean): Promise<Ack> {
    const [only] = messages
    if (messages.length === 1 && only !== undefined) return this.#js.publish(only.subject, only.payload, only.headers)
    return isConditional ? this.#js.publishBatch(messages) : this.#arrays.append(messages)
  }
}

function merged(some: Headers | undefined, others: Headers | undefined): Headers | undefined {
  return some === undefined ? others : others === undefined ? some : Object.assign({}, some, others)
}

function sequences(ack: Ack, count: number): number[] {
  return Array.from({ length: count }, (_, i) => ack.seq - count + 1 + i)
}
