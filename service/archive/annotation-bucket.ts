import type { StreamInfo } from "@nats-io/jetstream"
import type { Annotations, Change } from "../../contract/annotations.ts"
import { changesSubject } from "../../contract/subjects.ts"
import { isApiError, WRONG_LAST_SEQUENCE } from "../jetstream/api-error.ts"
import { Bucket } from "../jetstream/bucket.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import { eventId, type LogId } from "../log/log-id.ts"

const BUCKET = "annotations"

/** The stream behind the bucket, and the subjects of all its entries. */
export const ANNOTATION_STREAM = `KV_${BUCKET}`
export const ANNOTATION_SUBJECTS = `$KV.${BUCKET}.>`

/** An event or basket that may be annotated. */
export type Annotated =
  | {
      readonly kind: "event"
      readonly shop_id: string
      readonly seq: number
      /** Of the document; it identifies the log too. */
      readonly _id: string
    }
  | { readonly kind: "basket"; readonly shop_id: string; readonly session_id: string }

/** An event of a log, as it may be annotated. */
export function annotatedEvent(log: LogId, shop_id: string, seq: number): Annotated & { readonly kind: "event" } {
  return { kind: "event", shop_id, seq, _id: eventId(log, seq) }
}

/** Stored annotations and their revision; revision 0: no entry yet. */
export interface Known {
  readonly annotations: Annotations | undefined
  readonly revision: number
}

/**
 * The annotations that other programs make in MongoDB, as an archiver last saw them, in a KV bucket: `<shop_id>.event.<_id>` and
 * `<shop_id>.basket.<session_id>`. nats-server publishes each stored entry on `changes.store.<shop_id>`.
 *
 * Annotations are shown from here and not from MongoDB. So gets and events agree, and annotations are shown while MongoDB is away.
 */
export class AnnotationBucket {
  readonly #bucket: Bucket

  constructor(js: JetStream) {
    const republish = { src: `$KV.${BUCKET}.*.*.*`, dest: changesSubject("{{wildcard(1)}}") }
    this.#bucket = new Bucket(js, BUCKET, { republish })
  }

  /** Makes the bucket when it is missing. */
  async open(): Promise<StreamInfo> {
    return await this.#bucket.open()
  }

  /** Calls `listener` when the bucket is another one than before: somebody has deleted it. */
  onReplaced(listener: () => void): void {
    this.#bucket.onReplaced(listener)
  }

  async get(annotated: Annotated): Promise<Known> {
    const entry = await this.#bucket.entry(keyOf(annotated))
    const annotations = entry?.operation === "PUT" ? annotationsIn(entry.value) : undefined
    return { annotations, revision: entry?.revision ?? 0 }
  }

  /** Replaces the entry with a revision. False: somebody else was faster. */
  async replace(annotated: Annotated, annotations: Annotations | undefined, revision: number): Promise<boolean> {
    try {
      await this.#bucket.replace(keyOf(annotated), changeOf(annotated, annotations), revision)
      return true
    } catch (error) {
      if (isApiError(error, WRONG_LAST_SEQUENCE)) return false
      throw error
    }
  }

  /** Removes annotations and overwrites their bytes on the disk. False: there were none. */
  async erase(annotated: Annotated): Promise<boolean> {
    return await this.#bucket.erase(keyOf(annotated))
  }

  /** All events, or all baskets, that are or were annotated. */
  async *all(kind: Annotated["kind"]): AsyncGenerator<Annotated> {
    for (const key of await this.#bucket.keys(`*.${kind}.*`)) {
      const annotated = annotatedOf(key)
      if (annotated !== undefined) yield annotated
    }
  }
}

/** Reads a key, or the subject of an entry; undefined when it is neither. */
export function annotatedOf(subject: string): Annotated | undefined {
  const [id = "", kind, shop_id = ""] = subject.split(".").reverse()
  if (kind === "basket") return { kind, shop_id, session_id: id }
  const seq = Number(id.split("-")[1])
  return kind === "event" && Number.isSafeInteger(seq) ? { kind, shop_id, seq, _id: id } : undefined
}

/** The annotations in a message of the bucket; undefined in a mark of deletion. */
export function annotationsIn(data: Uint8Array): Annotations | undefined {
  if (data.length === 0) return undefined
  const change: Change = JSON.parse(new TextDecoder().decode(data))
  return change.annotations ?? undefined
}

function keyOf(annotated: Annotated): string {
  const id = annotated.kind === "event" ? annotated._id : annotated.session_id
  return `${annotated.shop_id}.${annotated.kind}.${id}`
}

function changeOf(annotated: Annotated, annotations: Annotations = {}): string {
  const { kind, shop_id } = annotated
  const what =
    annotated.kind === "event"
      ? { kind, shop_id, seq: annotated.seq }
      : { kind, shop_id, session_id: annotated.session_id }
  return JSON.stringify({ ...what, annotations: Object.keys(annotations).length === 0 ? null : annotations })
}
