import type { Collection, Db } from "mongodb"
import type { EventDocument } from "./event-document.ts"
import { type Refusal, refusals } from "./write-errors.ts"

/** A document that was not written, and why. */
export type Refused = { readonly document: EventDocument } & Exclude<Refusal, { kind: "exists" }>

/** The collection `events`: each event of the log once, whoever writes it how often. */
export class EventCollection {
  readonly #events: Collection<EventDocument>

  constructor(db: Db) {
    this.#events = db.collection("events")
  }

  /**
   * Writes those that are not there yet, all in one go. Resolves, once the majority has all others, to those that were refused.
   *
   * @throws what the driver says when it is not known what was written
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
