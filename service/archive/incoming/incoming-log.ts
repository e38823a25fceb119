import { JetStreamApiCodes, type JetStreamClient, type JetStreamManager } from "@nats-io/jetstream"
import { headers } from "nats"
import { isApiError, STREAM } from "../../log/stream.ts"
import { shopSubject, storedSubject } from "../../log/subjects.ts"
import type { PublishEvent } from "../../schemas/publish-event.ts"
import { type LogId, logId } from "../log-id.ts"

/** Our header on an event that came from MongoDB: the key of its document. */
const INCOMING_KEY = "Shopwire-Incoming"

/** The log, as it stands. */
export interface LogState {
  readonly log: LogId
  readonly firstSeq: number
  readonly lastSeq: number
}

/** An event that is to be in the log once. */
export interface Incoming {
  readonly key: string
  readonly event: PublishEvent
  /** If it is in the log already, it is behind this sequence. */
  readonly after: number
}

/** Puts events from MongoDB on the log, each once, however often and by however many archivers it is tried. */
export class IncomingLog {
  readonly #js: JetStreamClient
  readonly #jsm: JetStreamManager

  constructor(js: JetStreamClient, jsm: JetStreamManager) {
    this.#js = js
    this.#jsm = jsm
  }

  async state(): Promise<LogState> {
    const { created, state } = await this.#jsm.streams.info(STREAM)
    return { log: logId(created), firstSeq: state.first_seq, lastSeq: state.last_seq }
  }

  /**
   * Stores an event unless it is there, and resolves to its sequence. It looks through all that the shop got since `after`, and
   * publishes on condition that nothing has come meanwhile: so no other archiver, and no earlier attempt whose acknowledgement
   * was lost, can have stored it in between.
   */
  async storeOnce({ key, event, after }: Incoming): Promise<number> {
    const subject = storedSubject(event.shop_id)
    for (let known = after; ; ) {
      const last = (await this.#jsm.direct.getMessage(STREAM, { last_by_subj: subject }))?.seq ?? 0
      const found = await this.#find(key, subject, known, last)
      if (found !== undefined) return found
      known = Math.max(known, last)
      const seq = await this.#publish(key, event, last)
      if (seq !== undefined) return seq
    }
  }

  /** Looks for an event that an earlier attempt may have stored behind `after`. */
  async find({ key, event, after }: Incoming): Promise<number | undefined> {
    const subject = storedSubject(event.shop_id)
    const last = (await this.#jsm.direct.getMessage(STREAM, { last_by_subj: subject }))?.seq ?? 0
    return await this.#find(key, subject, after, last)
  }

  async #find(key: string, subject: string, after: number, last: number): Promise<number | undefined> {
    for (let seq = after; seq < last; ) {
      const message = await this.#jsm.direct.getMessage(STREAM, { seq: seq + 1, next_by_subj: subject })
      if (message === null) return undefined
      if (message.header.get(INCOMING_KEY) === key) return message.seq
      seq = message.seq
    }
    return undefined
  }

  /** Undefined: something else of the shop came first. */
  async #publish(key: string, event: PublishEvent, lastSubjectSequence: number): Promise<number | undefined> {
    const header = headers()
    header.set(INCOMING_KEY, key)
    // The client's own option leaves a 0 out.
    header.set("Nats-Expected-Last-Subject-Sequence", String(lastSubjectSequence))
    try {
      return (await this.#js.publish(shopSubject(event.shop_id), JSON.stringify(event), { headers: header })).seq
    } catch (error) {
      if (isApiError(error, JetStreamApiCodes.StreamWrongLastSequence)) return undefined
      throw error
    }
  }
}
