import { isDeepStrictEqual } from "node:util"
import type { Db, Document } from "mongodb"
import { PublishEvent, type ShownEvent } from "../../contract/publish-event.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import { readEntry } from "../log/entry.ts"
import { eventId, type LogId, logId } from "../log/log-id.ts"
import { STREAM } from "../log/stream.ts"
import { DAY_MS } from "./ageing.ts"
import type { Annotated } from "./annotation-bucket.ts"
import { BasketCollection } from "./basket-collection.ts"
import { type BasketDocument, basketFields, isOurs } from "./basket-document.ts"

/** How long the log's ID is cached, in ms. */
const LOG_ID_MS = 1000

/** A change of another program to a document of the archive, other than annotations. */
export type ForeignChange =
  /** Changed fields with their new values; null: removed. */
  { readonly changed: Readonly<Record<string, unknown>> } | { readonly deleted: true }

export interface ForeignChangesOptions {
  readonly db: Db
  readonly js: JetStream
  /** As the setting ARCHIVE_MAX_AGE_DAYS: archivers delete older documents. */
  readonly maxAgeDays: number
}

/** Finds changes of other programs, by comparing documents with the data that the archiver made them from. */
export class ForeignChanges {
  readonly #db: Db
  readonly #js: JetStream
  readonly #maxAgeDays: number
  #logId: Promise<LogId> | undefined
  #logReadAt = 0

  constructor({ db, js, maxAgeDays }: ForeignChangesOptions) {
    this.#db = db
    this.#js = js
    this.#maxAgeDays = maxAgeDays
  }

  /** @param document null: it was deleted */
  async of(annotated: Annotated, document: Document | null): Promise<ForeignChange | undefined> {
    return annotated.kind === "event"
      ? await this.#ofEvent(annotated, document)
      : await this.#ofBasket(annotated, document as BasketDocument | null)
  }

  /** The event of a document of `events`, as the log has it. Undefined: the log does not have it any more. */
  async loggedEvent(_id: string): Promise<Annotated | undefined> {
    const seq = Number(_id.split("-")[1])
    const logged = Number.isSafeInteger(seq) ? await this.#logged(_id, seq) : undefined
    return logged && { kind: "event", shop_id: logged.shop_id, seq, _id }
  }

  // An event that the log has dropped for its age, or that was erased, cannot be compared.
  async #ofEvent(
    { _id, seq }: Extract<Annotated, { kind: "event" }>,
    document: Document | null,
  ): Promise<ForeignChange | undefined> {
    const logged = await this.#logged(_id, seq)
    if (logged === undefined) return undefined
    if (document === null) return this.#isOld(logged.received_at) ? undefined : { deleted: true }
    return changes(document, logged, Object.keys(PublishEvent.shape))
  }

  async #ofBasket(
    { shop_id, session_id }: Extract<Annotated, { kind: "basket" }>,
    document: BasketDocument | null,
  ): Promise<ForeignChange | undefined> {
    // Archivers delete a basket's events first, so events without a basket mean that another program deleted it.
    if (document === null) {
      const event = await this.#db.collection("events").findOne({ shop_id, session_id }, { projection: { _id: 1 } })
      return event === null ? undefined : { deleted: true }
    }
    if (document.digest === undefined || isOurs(document)) return undefined
    const transaction = await new BasketCollection(this.#db).recompute(document)
    if (transaction === undefined) return undefined
    const ours = basketFields(transaction)
    return changes(document, ours, Object.keys(ours))
  }

  async #logged(_id: string, seq: number): Promise<ShownEvent | undefined> {
    if (eventId(await this.#log(), seq) !== _id) return undefined
    const message = await this.#js.message(STREAM, { seq })
    if (message === undefined) return undefined
    const entry = readEntry(message)
    return "event" in entry ? entry.event : undefined
  }

  // Cached, because many documents are deleted for their age at once.
  async #log(): Promise<LogId> {
    if (this.#logId === undefined || Date.now() - this.#logReadAt > LOG_ID_MS) {
      this.#logId = this.#js.info(STREAM).then(({ created }) => logId(created))
      this.#logReadAt = Date.now()
    }
    return await this.#logId
  }

  #isOld(received_at: string): boolean {
    return this.#maxAgeDays > 0 && Date.parse(received_at) < Date.now() - this.#maxAgeDays * DAY_MS
  }
}

function changes(document: Document, ours: object, fields: readonly string[]): ForeignChange | undefined {
  const changed = fields.flatMap((field) => {
    const [theirs, made] = [asJson(document[field]), asJson(Reflect.get(ours, field))]
    return isDeepStrictEqual(theirs, made) ? [] : [[field, theirs] as const]
  })
  return changed.length === 0 ? undefined : { changed: Object.fromEntries(changed) }
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null))
}
