import type { Collection, Db } from "mongodb"
import type { EventDocument } from "./event-document.ts"
import { type Refusal, refusals } from "./write-errors.ts"

/** A document that was not written, and why. */
export type Refused = { readonly document: EventDocument } & Exclude<Refusal, { kind: "exists" }>

/** The collection `events`: each event of the log once, however many archivers write it. */
export class EventCollection {
  readonly #events: Collection<EventDocument>

  constructor(db: Db) {
    this.#events = db.collection("events")
  }

  /**
   * Writes the documents that do not exist yet, in one bulk write. Resolves, once the others have reached the majority, to the refused ones.
   *
   * @throws the driver's error when it is not known which were written
   */
  async insert(documents: readonly EventDocument[]): Promise<Refused[]> {
    if (documents.length === 0) return []
    try {
      await this.#events.insertMany([...documents], { ordered: false })
      return []
    } catch (error) {
      return [...refusals(error)].flatMap(([index, refusal]) => {
        const document = documents[index]
        return document === undefined || refusal.kind === "exists" ? [] : [{ document, ...refusal }]
      })
    }
  }
}
