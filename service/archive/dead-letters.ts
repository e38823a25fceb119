import type { JetStreamClient, JetStreamManager } from "@nats-io/jetstream"
import { StorageType } from "@nats-io/jetstream"
import { headers } from "nats"
import { isApiError, STREAM_NOT_FOUND } from "../log/stream.ts"

/** The stream of what the archive refused for good; kept until somebody deletes it. */
export const DEAD_LETTERS = "ARCHIVE_DEAD"

/** Subjects of the documents of MongoDB that can't be published. */
export const INCOMING_LETTERS = "archive.dead.*.incoming.*"

/** Something that MongoDB refuses, whatever is done; or, `incoming`, a document of MongoDB that can't be published. */
export interface DeadLetter {
  readonly shopId: string
  readonly kind: "event" | "basket" | "incoming"
  /** An event's sequence, a basket's session, or the key of a document of `incoming_events`. */
  readonly id: string
  /** A text without anything of the content. */
  readonly reason: string
  /** JSON: the event as it stands in the log, a basket's `{ shop_id, session_id }`, or a document. */
  readonly payload: string | Uint8Array
}

/**
 * Puts aside what can't be archived, `archive.dead.<shop_id>.event.<seq>` and `archive.dead.<shop_id>.basket.<session_id>`, or
 * published, `archive.dead.<shop_id>.incoming.<key>`: the last one of each, with the reason in the header `Shopwire-Reason`.
 */
export class DeadLetters {
  readonly #js: JetStreamClient
  readonly #jsm: JetStreamManager

  constructor(js: JetStreamClient, jsm: JetStreamManager) {
    this.#js = js
    this.#jsm = jsm
  }

  /** Makes the stream when it is missing. */
  async open(): Promise<void> {
    try {
      await this.#jsm.streams.info(DEAD_LETTERS)
    } catch (error) {
      if (!isApiError(error, STREAM_NOT_FOUND)) throw error
      await this.#jsm.streams.add({
        name: DEAD_LETTERS,
        description: "What MongoDB refuses for good, with the reason",
        subjects: ["archive.dead.>"],
        storage: StorageType.File,
        max_msgs_per_subject: 1,
        allow_direct: true,
      })
    }
  }

  /** Resolves when it is stored. */
  async put({ shopId, kind, id, reason, payload }: DeadLetter): Promise<void> {
    const header = headers()
    header.set("Shopwire-Reason", reason)
    await this.#js.publish(`archive.dead.${shopId}.${kind}.${id}`, payload, { headers: header })
  }
}
