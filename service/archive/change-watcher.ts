import { setTimeout as sleep } from "node:timers/promises"
import { isDeepStrictEqual } from "node:util"
import { type Collection, type Document, MongoServerError, type ResumeToken } from "mongodb"
import type { Logger } from "res-service"
import type { Annotations } from "../../contract/annotations.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import { type Annotated, AnnotationBucket, type Known } from "./annotation-bucket.ts"
import { annotatedBy, readAnnotations } from "./annotations.ts"
import { BackOff } from "./back-off.ts"
import { type BasketDocument, basketDigest, basketId } from "./basket-document.ts"
import { ChangeReader } from "./change-reader.ts"
import type { ForeignChanges } from "./foreign-changes.ts"
import type { Mongo } from "./mongo.ts"

/** The resume token is stored this long after a change, in ms. A restart repeats at most the changes of that time. */
const TOKEN_INTERVAL_MS = 1000
/** The resume token is stored this often while nothing changes, in ms. The server forgets old tokens. */
const IDLE_TOKEN_INTERVAL_MS = 30_000
/** How often changes of other programs to baskets are checked again, in ms: the next event may undo them. */
const RECHECK_INTERVAL_MS = 1000
/** Most baskets that are checked again. Beyond that, the least recently checked ones are dropped. */
const MAX_RECHECKED = 200
/** Pause after a stream of changes broke, in ms. */
const REOPEN_MS = 500

/**
 * Codes of a server that has no change streams: of MongoDB without a replica set, and of servers that speak its protocol:
 * CommandNotFound, NotImplemented, an unknown stage.
 */
const UNSUPPORTED: ReadonlySet<unknown> = new Set([40573, 59, 238, 40324])
/** InvalidResumeToken, ChangeStreamFatalError, ChangeStreamHistoryLost: the changes since the token are lost. */
const TOKEN_LOST: ReadonlySet<unknown> = new Set([260, 280, 286])

const collections = { event: "events", basket: "baskets" } as const

/** A document of `archive_state`: how far the changes of a collection were published. */
interface WatchState {
  readonly _id: string
  readonly token: ResumeToken
  /** When the bucket of annotations was made. A new bucket needs everything published again. */
  readonly bucket: string
}

/** An open stream of changes, with the change that came when it was opened. */
interface OpenChanges {
  readonly reader: ChangeReader
  /** When the bucket of annotations was made. */
  readonly bucketCreated: string
  readonly first: Document | null
}

/**
 * Publishes what other programs annotate, change or delete in one collection, until its signal. Any number of watchers may run: each
 * reads the bucket, then MongoDB, and replaces only the entry that it has read.
 */
export class ChangeWatcher {
  readonly #kind: Annotated["kind"]
  readonly #mongo: Mongo
  readonly #collection: Collection<{ _id: string }>
  readonly #bucket: AnnotationBucket
  readonly #foreignChanges: ForeignChanges
  readonly #timeoutMs: number
  readonly #logger: Logger
  readonly #signal: AbortSignal
  readonly #backOff: BackOff
  /** Documents that other programs have changed or deleted, by `_id`, until that is undone. */
  readonly #changed = new Map<string, Annotated>()
  /** The bucket was replaced since `#open` began. */
  #isBucketReplaced = false

  constructor(
    kind: Annotated["kind"],
    mongo: Mongo,
    js: JetStream,
    foreignChanges: ForeignChanges,
    { timeoutMs, logger, signal }: { timeoutMs: number; logger: Logger; signal: AbortSignal },
  ) {
    this.#kind = kind
    this.#mongo = mongo
    this.#collection = mongo.db.collection(collections[kind])
    this.#bucket = new AnnotationBucket(js)
    this.#bucket.onReplaced(() => {
      this.#isBucketReplaced = true
    })
    this.#foreignChanges = foreignChanges
    this.#timeoutMs = timeoutMs
    this.#logger = logger
    this.#signal = signal
    this.#backOff = new BackOff(mongo, logger, signal)
  }

  /** Resolves when the server turns out to have no change streams; rejects with the signal's reason. */
  async run(): Promise<void> {
    for (;;) {
      const following = await this.#backOff.persist(`follow changes of ${this.#kind}s`, () => this.#open())
      if (following === undefined) return
      this.#logger.debug({}, `following changes of ${this.#kind}s`)
      const close = (): void => void following.reader.close()
      this.#signal.addEventListener("abort", close, { once: true })
      try {
        await this.#mongo.run(() => this.#follow(following))
      } catch (error) {
        this.#signal.throwIfAborted()
        this.#logger.debug({ err: error }, "a stream of changes broke")
      } finally {
        this.#signal.removeEventListener("abort", close)
        close()
      }
      await sleep(REOPEN_MS, undefined, { signal: this.#signal })
    }
  }

  /** Continues after the stored token; without one, compares everything that is annotated. Undefined: there are no change streams. */
  async #open(): Promise<OpenChanges | undefined> {
    this.#isBucketReplaced = false
    const { created: bucketCreated } = await this.#bucket.open()
    const state = await this.#states.findOne({ _id: this.#stateId })
    const token = state?.bucket === bucketCreated ? state.token : undefined
    const reader = this.#watch(token)
    try {
      // Opens the stream, so that it reports changes during the comparison too.
      const first = await reader.next()
      if (token === undefined) await this.#compareAll()
      return { reader, bucketCreated, first }
    } catch (error) {
      await reader.close()
      const code = error instanceof MongoServerError ? error.code : undefined
      if (UNSUPPORTED.has(code)) {
        await this.#compareAll()
        return undefined
      }
      if (TOKEN_LOST.has(code)) await this.#states.deleteOne({ _id: this.#stateId })
      throw error
    }
  }

  #watch(token: ResumeToken): ChangeReader {
    const byOthers = {
      operationType: { $in: ["update", "replace", "delete"] },
      // Each of our own updates of a basket sets it.
      "updateDescription.updatedFields.version": { $exists: false },
    }
    return new ChangeReader(this.#collection, [{ $match: byOthers }], {
      timeoutMs: this.#timeoutMs,
      signal: this.#signal,
      fullDocument: "updateLookup",
      ...(token === undefined ? {} : { resumeAfter: token }),
    })
  }

  /** Resolves when the bucket was replaced: to open the changes again compares everything, because the token belongs to the lost bucket. */
  async #follow({ reader, bucketCreated, first }: OpenChanges): Promise<void> {
    let savedAt = Date.now()
    let checkedAt = Date.now()
    let dirty = true
    const isOver = (): boolean => this.#signal.aborted || this.#isBucketReplaced
    for (let change: Document | null = first; !isOver(); change = await reader.next()) {
      if (change !== null) {
        await this.#handle(change)
        dirty = true
      }
      if (Date.now() - checkedAt >= RECHECK_INTERVAL_MS) {
        for (const annotated of [...this.#changed.values()]) await this.#publish(annotated)
        checkedAt = Date.now()
      }
      // Storing a token makes a new token, so not every new token is stored.
      const intervalMs = dirty ? TOKEN_INTERVAL_MS : IDLE_TOKEN_INTERVAL_MS
      if (Date.now() - savedAt < intervalMs || !reader.resumeToken) continue
      await this.#save({ token: reader.resumeToken, bucket: bucketCreated })
      savedAt = Date.now()
      dirty = false
    }
  }

  async #handle({ operationType, documentKey, fullDocument }: Document): Promise<void> {
    // Undefined also when the document was deleted since, which comes as a change of its own.
    const isGone = operationType === "delete"
    const annotated = isGone || fullDocument ? await this.#annotatedBy(fullDocument ?? documentKey) : undefined
    if (annotated === undefined) return
    const known = await this.#bucket.get(annotated)
    // Servers that do not say what was updated also report our own updates, which need not be published.
    const isPlain = fullDocument?.annotations === undefined && fullDocument?.digest !== undefined
    const isOwnUpdate = isPlain && fullDocument.digest === basketDigest(fullDocument as BasketDocument)
    if (!isOwnUpdate || known.annotations !== undefined) await this.#publish(annotated, known)
  }

  // The log knows the shop of an event, even when another program has changed it in the document, or deleted the document.
  async #annotatedBy(document: Document): Promise<Annotated | undefined> {
    const logged = this.#kind === "event" ? await this.#foreignChanges.loggedEvent(String(document._id)) : undefined
    return logged ?? annotatedBy(this.#kind, document)
  }

  async #compareAll(): Promise<void> {
    for await (const annotated of this.#bucket.all(this.#kind)) await this.#publish(annotated)
    const annotatedOnes = this.#collection.find({ annotations: { $exists: true } }, { projection: { annotations: 0 } })
    for await (const document of annotatedOnes) {
      const annotated = await this.#annotatedBy(document)
      if (annotated !== undefined) await this.#publish(annotated)
    }
  }

  /** @param known what the bucket has, if it was read already. It is read before MongoDB, so no entry is replaced by an older one. */
  async #publish(annotated: Annotated, known?: Known): Promise<void> {
    for (let read = known; ; read = undefined) {
      const { annotations, revision } = read ?? (await this.#bucket.get(annotated))
      const current = await this.#current(annotated)
      if (typeof current === "string") {
        this.#logger.warn({ kind: this.#kind, shopId: annotated.shop_id, reason: current }, "annotations are not shown")
        return
      }
      if (isDeepStrictEqual(current, annotations)) return
      if (await this.#bucket.replace(annotated, current, revision)) return
    }
  }

  /** The annotations, with other changes in the member `archive`. A text says why they cannot be shown. */
  async #current(annotated: Annotated): Promise<Annotations | undefined | string> {
    const _id = idOf(annotated)
    const document: Document | null = await this.#collection.findOne({ _id })
    const annotations = readAnnotations(document?.annotations)
    const change = await this.#foreignChanges.of(annotated, document)
    this.#note(_id, change === undefined ? undefined : annotated)
    if (change === undefined || typeof annotations === "string") return annotations
    return readAnnotations({ ...annotations, archive: change })
  }

  #note(_id: string, annotated: Annotated | undefined): void {
    this.#changed.delete(_id)
    if (annotated?.kind !== "basket") return
    this.#changed.set(_id, annotated)
    if (this.#changed.size <= MAX_RECHECKED) return
    const [longest] = this.#changed.keys()
    if (longest !== undefined) this.#changed.delete(longest)
  }

  async #save(state: Omit<WatchState, "_id">): Promise<void> {
    await this.#states.updateOne({ _id: this.#stateId }, { $set: state }, { upsert: true })
  }

  get #states(): Collection<WatchState> {
    return this.#mongo.db.collection("archive_state")
  }

  get #stateId(): string {
    return `changes.${collections[this.#kind]}`
  }
}

function idOf(annotated: Annotated): string {
  return annotated.kind === "event" ? annotated._id : basketId(annotated)
}
