import { setTimeout as sleep } from "node:timers/promises"
import type { NatsConnection } from "nats"
import type { Logger } from "res-service"
import { occurrences } from "../../observe/occurrences.ts"
import { JetStream } from "../jetstream/jetstream.ts"
import { consumedMessage, exampleOf, type LogEntry, readEntry, SET_ASIDE } from "../log/entry.ts"
import { requestIdIn, traceIn } from "../log/origin.ts"
import { SummedLog } from "../summed-log.ts"
import { keepYoung } from "./ageing.ts"
import { BackOff } from "./back-off.ts"
import { BasketCollection, type RefusedBasket } from "./basket-collection.ts"
import { basketId } from "./basket-document.ts"
import { ChangeWatcher } from "./change-watcher.ts"
import { type DeadLetter, DeadLetters } from "./dead-letters.ts"
import { EventCollection, type Refused } from "./event-collection.ts"
import { type EventDocument, eventDocument } from "./event-document.ts"
import { ForeignChanges } from "./foreign-changes.ts"
import { IncomingEvents } from "./incoming/incoming-events.ts"
import { IncomingLog } from "./incoming/incoming-log.ts"
import { ensureIndexes } from "./indexes.ts"
import { Intake, type Taken } from "./intake.ts"
import { type Mongo, openMongo } from "./mongo.ts"

/** Most events in one bulk write. */
const BATCH = 2500

/** An event that is refused this often, with these pauses in ms, is set aside even if the reason might pass. */
const UNCLEAR_ATTEMPTS = 5
const UNCLEAR_PAUSE_MS = 300

/** Time for MongoDB to answer, and to close, when the archiver stops, in ms. */
const FINISH_MS = 1500

export interface ArchiverOptions {
  /** MONGO_URL. */
  readonly url: string
  /** Time in ms after which other archivers take over the events of an archiver that died. */
  readonly takeoverMs: number
  /** Time in ms for MongoDB to be found, and to answer. */
  readonly timeoutMs: number
  /** Days that events and baskets are kept; 0 or left out: no limit. */
  readonly maxAgeDays?: number
  /** As the setting NATS_REPLICAS. Default 1. */
  readonly replicas?: number
  readonly logger: Logger
}

/** A running archiver. */
export interface RunningArchiver {
  readonly counts: {
    /** Events that were written, or were already there. */
    readonly archived: number
    /** Messages that are not valid events. */
    readonly setAside: number
    /** Events and baskets that went to the dead letters. */
    readonly refused: number
  }
  /** Since when MongoDB takes nothing, in ms since the epoch; undefined while it takes writes. */
  readonly failingSince: number | undefined
  /** Disconnects from log and MongoDB. Unfinished events go to other archivers, or are archived at the next start. */
  stop(): Promise<void>
}

/** An event that is being archived. */
interface InHand {
  readonly taken: Taken
  readonly entry: LogEntry
  readonly document: EventDocument
}

/** Archives the log's events, old and new, as one of any number of archivers. MongoDB need not run yet. */
export async function startArchiver(nc: NatsConnection, options: ArchiverOptions): Promise<RunningArchiver> {
  const archiver = new Archiver(
    new JetStream(nc, options),
    options,
    openMongo("shopwire-archiver", options.url, options.timeoutMs),
  )
  archiver.start()
  return archiver
}

class Archiver implements RunningArchiver {
  readonly #mongo: Mongo
  readonly #intake: Intake
  readonly #deadLetters: DeadLetters
  readonly #logger: Logger
  readonly #watchers: readonly ChangeWatcher[]
  readonly #incoming: IncomingEvents
  readonly #maxAgeDays: number
  #stopAgeing = (): void => {}
  readonly #stopping = new AbortController()
  readonly #backOff: BackOff
  readonly #events: EventCollection
  readonly #baskets: BasketCollection
  #running: Promise<unknown> | undefined
  readonly #counts = { archived: 0, setAside: 0, refused: 0 }
  readonly #setAside: SummedLog
  readonly #refused: SummedLog
  readonly #refusedBaskets: SummedLog

  constructor(js: JetStream, { timeoutMs, takeoverMs, maxAgeDays = 0, logger }: ArchiverOptions, mongo: Mongo) {
    this.#mongo = mongo
    this.#intake = new Intake(js, { takeoverMs, logger })
    this.#deadLetters = new DeadLetters(js)
    this.#logger = logger
    this.#setAside = new SummedLog(logger, "warn", SET_ASIDE)
    this.#refused = new SummedLog(logger, "error", "MongoDB refused events; they are in the dead letters")
    this.#refusedBaskets = new SummedLog(logger, "error", "MongoDB refused baskets; the dead letters name them")
    this.#maxAgeDays = maxAgeDays
    this.#backOff = new BackOff(mongo, logger, this.#stopping.signal)
    this.#events = new EventCollection(mongo.db)
    this.#baskets = new BasketCollection(mongo.db)
    const foreign = new ForeignChanges({ db: mongo.db, js, maxAgeDays })
    const options = { timeoutMs, logger, signal: this.#stopping.signal }
    this.#watchers = (["event", "basket"] as const).map((kind) => new ChangeWatcher(kind, mongo, js, foreign, options))
    const log = new IncomingLog(js)
    this.#incoming = new IncomingEvents({ mongo, log, deadLetters: this.#deadLetters, ...options })
  }

  get counts(): RunningArchiver["counts"] {
    return this.#counts
  }

  get failingSince(): number | undefined {
    return this.#backOff.failingSince
  }

  start(): void {
    this.#intake.start()
    this.#running = this.#run().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) throw error
    })
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#stopAgeing()
    await this.#intake.stop()
    // Finishing the current writes saves repeating them. But MongoDB may never answer, not even to a close.
    await Promise.race([this.#running, sleep(FINISH_MS, undefined, { ref: false })])
    await Promise.race([this.#mongo.close(), sleep(FINISH_MS, undefined, { ref: false })])
    for (const log of [this.#setAside, this.#refused, this.#refusedBaskets]) log.stop()
  }

  async #run(): Promise<void> {
    await this.#backOff.persist("set up the archive", async () => {
      await this.#deadLetters.open()
      await this.#mongo.connect()
      await ensureIndexes(this.#mongo.db)
    })
    this.#logger.info({}, "archiving")
    this.#stopAgeing = keepYoung(this.#mongo.db, this.#maxAgeDays, this.#backOff, this.#logger)
    const watching = this.#watchers.map((watcher) => watcher.run())
    const unsupported = Promise.race(watching).then(() => {
      const message =
        "this MongoDB has no change streams, as it is no replica set: what others change is shown when the archiver starts, and what they insert within seconds"
      this.#logger.warn({}, message)
    })
    const work = [this.#archiveAll(), ...watching, unsupported, this.#incoming.run()]
    try {
      await Promise.all(work)
    } catch (error) {
      // A command after the client was closed would open it again, so a stop waits for all of them.
      if (this.#stopping.signal.aborted) await Promise.allSettled(work)
      throw error
    }
  }

  async #archiveAll(): Promise<void> {
    for (;;) {
      const batch = await this.#intake.next(BATCH)
      if (batch.length === 0) return
      await this.#archive(batch)
    }
  }

  async #archive(batch: readonly Taken[]): Promise<void> {
    const from = Date.now()
    const archived: InHand[] = []
    let left = batch.flatMap((taken) => this.#read(taken))
    for (let attempt = 1; left.length > 0; attempt++) {
      const refused = await this.#backOff.persist("archive events", () => this.#write(left))
      archived.push(...left.filter((event) => !refused.has(event)))

      left = []
      for (const [event, { kind, reason }] of refused) {
        if (kind === "unclear" && attempt < UNCLEAR_ATTEMPTS) left.push(event)
        else await this.#bury(event, reason)
      }
      if (left.length > 0) await sleep(UNCLEAR_PAUSE_MS, undefined, { signal: this.#stopping.signal })
    }
    await this.#takeIntoBaskets(archived.map(({ document }) => document))
    const to = Date.now()
    for (const { taken, document } of archived) {
      this.#counts.archived++
      if (occurrences.archived.isHeard) {
        const storedAt = document.received_at.getTime()
        occurrences.archived.tell({ trace: traceIn(taken.message.headers), storedAt, from, to })
      }
      this.#intake.done(taken)
    }
  }

  async #takeIntoBaskets(events: readonly EventDocument[]): Promise<void> {
    let left = events
    for (let attempt = 1; left.length > 0; attempt++) {
      const refused = await this.#backOff.persist("update baskets", () => this.#baskets.take(left))
      const again = new Set<string>()
      for (const basket of refused) {
        if (basket.refusal.kind === "unclear" && attempt < UNCLEAR_ATTEMPTS) again.add(basketId(basket))
        else await this.#buryBasket(basket)
      }
      left = left.filter((event) => again.has(basketId(event)))
      if (left.length > 0) await sleep(UNCLEAR_PAUSE_MS, undefined, { signal: this.#stopping.signal })
    }
  }

  #read(taken: Taken): InHand[] {
    const message = consumedMessage(taken.message)
    const entry = readEntry(message)
    if ("reason" in entry) {
      this.#counts.setAside++
      this.#setAside.add(entry.reason, exampleOf(taken.message))
      this.#intake.done(taken)
      return []
    }
    return [{ taken, entry, document: eventDocument(taken.log, entry, requestIdIn(message.header)) }]
  }

  /** Resolves to the refused events. */
  async #write(events: readonly InHand[]): Promise<Map<InHand, Refused>> {
    const refused = await this.#events.insert(events.map(({ document }) => document))
    const byDocument = new Map(refused.map((each) => [each.document, each]))
    return new Map(
      events.flatMap((event) => {
        const refusal = byDocument.get(event.document)
        return refusal === undefined ? [] : [[event, refusal]]
      }),
    )
  }

  async #bury({ taken, entry: { shopId, event } }: InHand, reason: string): Promise<void> {
    const { seq } = event
    await this.#putAside({ shopId, kind: "event", id: String(seq), reason, payload: taken.message.data })
    this.#refused.add(reason, { seq, shopId })
    this.#intake.done(taken)
  }

  async #buryBasket({ shop_id, session_id, refusal: { reason } }: RefusedBasket): Promise<void> {
    const payload = JSON.stringify({ shop_id, session_id })
    await this.#putAside({ shopId: shop_id, kind: "basket", id: session_id, reason, payload })
    this.#refusedBaskets.add(reason, { shopId: shop_id })
  }

  async #putAside(letter: DeadLetter): Promise<void> {
    await this.#backOff.persist("store a dead letter", () => this.#deadLetters.put(letter))
    this.#counts.refused++
  }
}
