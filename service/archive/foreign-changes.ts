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

/** How long it is believed that the log is still the same one, in ms. */
const LOG_ID_MS = 1000

/** What others have done to a document of the archive, apart from annotating it. */
export type ForeignChange =
  /** Fields that are not what the log made of them, with the values that they have instead; null: removed. */
  { readonly changed: Readonly<Record<string, unknown>> } | { readonly deleted: true }

export interface ForeignChangesOptions {
  readonly db: Db
  readonly js: JetStream
  /** As the setting ARCHIVE_MAX_AGE_DAYS: what is older is deleted by archivers. */
  readonly maxAgeDays: number
}

/** Finds what others have changed or deleted, by comparing documents with what the archiver has made them of. */
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

  /** @param document null: there is none any more */
  async of(annotated: Annotated, document: Document | null): Promise<ForeignChange | undefined> {
    return annotated.kind === "event"
      ? await this.#ofEvent(annotated, document)
      : await this.#ofBasket(annotated, document as BasketDocument | null)
  }

  /** The event that a document of `events` is of, as the log has it. Undefined: the log no longer has it. */
  async loggedEvent(_id: string): Promise<Annotated | undefined> {
    const seq = Number(_id.split("-")[1])
    const logged = Number.isSafeInteger(seq) ? await this.#logged(_id, seq) : undefined
    return logged && { kind: "event", shop_id: logged.shop_id, seq, _id }
  }

  // An event that the log has no more, for its age or because its person was erased, is nothing to compare with.
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
    // Archivers delete a basket after its events.
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

  // Not for each of the many documents that are deleted for their age.
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
