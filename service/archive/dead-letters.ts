import { StorageType, type StoredMsg, type StreamInfo } from "@nats-io/jetstream"
import { isApiError, STREAM_NOT_FOUND } from "../jetstream/api-error.ts"
import type { JetStream } from "../jetstream/jetstream.ts"

/** The stream of dead letters; they are kept until somebody deletes them. */
export const DEAD_LETTERS = "ARCHIVE_DEAD"

/** The header with the reason. */
const REASON = "Shopwire-Reason"

/** Messages that are read at a time. */
const BATCH = 100

/** An event or basket that MongoDB refuses for good; or, `incoming`, a document of MongoDB that cannot be published. */
export interface DeadLetter {
  readonly shopId: string
  readonly kind: "event" | "basket" | "incoming"
  /** An event's sequence, a basket's session, or the key of a document of `incoming_events`. */
  readonly id: string
  /** Contains nothing of the content. */
  readonly reason: string
  /** JSON: the event as in the log, a basket's `{ shop_id, session_id }`, or a document. */
  readonly payload: string | Uint8Array
}

/**
 * Stores what cannot be archived, as `archive.dead.<shop_id>.event.<seq>` and `archive.dead.<shop_id>.basket.<session_id>`, or published,
 * as `archive.dead.<shop_id>.incoming.<key>`: the last letter of each, with the reason in the header `Shopwire-Reason`.
 */
export class DeadLetters {
  readonly #js: JetStream

  constructor(js: JetStream) {
    this.#js = js
  }

  /** Makes the stream when it is missing. */
  async open(): Promise<void> {
    await this.#js.open({
      name: DEAD_LETTERS,
      description: "What MongoDB refuses for good, with the reason",
      subjects: ["archive.dead.>"],
      storage: StorageType.File,
      max_msgs_per_subject: 1,
      allow_direct: true,
    })
  }

  /** How many there are. */
  async count(): Promise<number> {
    return (await this.#info())?.state.messages ?? 0
  }

  /** Why a letter is dead; undefined: there is no such letter. */
  async reasonOf(letter: Pick<DeadLetter, "shopId" | "kind" | "id">): Promise<string | undefined> {
    if ((await this.count()) === 0) return undefined
    const message = await this.#js.message(DEAD_LETTERS, { last_by_subj: subjectOf(letter) })
    return message?.header.get(REASON)
  }

  /** Resolves when it is stored. */
  async put({ reason, payload, ...letter }: DeadLetter): Promise<void> {
    await this.#js.publish(subjectOf(letter), payload, { [REASON]: reason })
  }

  /** Removes a letter and overwrites its bytes on the disk. False: there was none. */
  async erase(letter: Pick<DeadLetter, "shopId" | "kind" | "id">): Promise<boolean> {
    if ((await this.count()) === 0) return false
    return await this.#js.eraseLast(DEAD_LETTERS, subjectOf(letter))
  }

  /** As `erase`, the documents of `incoming_events` that match. Resolves to how many there were. */
  async eraseIncoming(matches: (letter: StoredMsg) => boolean): Promise<number> {
    const next_by_subj = subjectOf({ shopId: "*", kind: "incoming", id: "*" })
    if ((await this.count()) === 0) return 0
    let erased = 0
    for (let seq = 1; ; ) {
      const { messages: letters } = await this.#js.batch(DEAD_LETTERS, { seq, next_by_subj, batch: BATCH })
      for (const letter of letters) if (matches(letter) && (await this.#js.erase(DEAD_LETTERS, letter.seq))) erased++
      const last = letters.at(-1)
      if (last === undefined) return erased
      seq = last.seq + 1
    }
  }

  /** Undefined: the stream does not exist yet. */
  async #info(): Promise<StreamInfo | undefined> {
    try {
      return await this.#js.info(DEAD_LETTERS)
    } catch (error) {
      if (isApiError(error, STREAM_NOT_FOUND)) return undefined
      throw error
    }
  }
}

function subjectOf({ shopId, kind, id }: Pick<DeadLetter, "shopId" | "kind" | "id">): string {
  return `archive.dead.${shopId}.${kind}.${id}`
}
