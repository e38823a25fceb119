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

/** The log, as far as events from MongoDB are put on it. */
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

  /** A shop's part of the log behind the sequence `after`, where its events may be already. */
  async openShop(shopId: string, after: number): Promise<IncomingShop> {
    const shop = new IncomingShop(this.#js, this.#jsm, shopId, after)
    await shop.catchUp()
    return shop
  }
}

/** Puts a shop's events from MongoDB on the log, each once, however often and by however many archivers it is tried. */
export class IncomingShop {
  readonly #js: JetStreamClient
  readonly #jsm: JetStreamManager
  readonly #shopId: string
  /** Sequences of the events that were found, by their keys. */
  readonly #found = new Map<string, number>()
  /** Everything of the shop up to this sequence was looked at. */
  #seen: number
  /** Of the shop's last message; 0: there is none. */
  #last = 0

  constructor(js: JetStreamClient, jsm: JetStreamManager, shopId: string, after: number) {
    this.#js = js
    this.#jsm = jsm
    this.#shopId = shopId
    this.#seen = after
  }

  /** The sequence of an event that is in the log. */
  find(key: string): number | undefined {
    return this.#found.get(key)
  }

  /**
   * Stores an event unless it is there, and resolves to its sequence. It is published on condition that nothing of the shop has
   * come since it was looked for: so no other archiver, and no earlier attempt whose acknowledgement was lost, can have stored it
   * in between.
   */
  async storeOnce(key: string, event: PublishEvent): Promise<number> {
    for (;;) {
      const found = this.#found.get(key)
      if (found !== undefined) return found
      const seq = await this.#publish(key, event)
      if (seq === undefined) await this.catchUp()
      else {
        this.#found.set(key, seq)
        this.#seen = seq
        this.#last = seq
      }
    }
  }

  /** Looks at what the shop got meanwhile. */
  async catchUp(): Promise<void> {
    const subject = storedSubject(this.#shopId)
    this.#last = (await this.#jsm.direct.getMessage(STREAM, { last_by_subj: subject }))?.seq ?? 0
    while (this.#seen < this.#last) {
      const message = await this.#jsm.direct.getMessage(STREAM, { seq: this.#seen + 1, next_by_subj: subject })
      if (message === null) return
      const key = message.header.get(INCOMING_KEY)
      if (key !== "") this.#found.set(key, message.seq)
      this.#seen = message.seq
    }
  }

  /** Undefined: something else of the shop came first. */
  async #publish(key: string, event: PublishEvent): Promise<number | undefined> {
    const header = headers()
    header.set(INCOMING_KEY, key)
    // The client's own option leaves a 0 out.
    header.set("Nats-Expected-Last-Subject-Sequence", String(this.#last))
    try {
      return (await this.#js.publish(shopSubject(this.#shopId), JSON.stringify(event), { headers: header })).seq
    } catch (error) {
      if (isApiError(error, JetStreamApiCodes.StreamWrongLastSequence)) return undefined
      throw error
    }
  }
}
