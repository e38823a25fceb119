import type { Erased } from "../../contract/shopwire.ts"
import { type Annotated, type AnnotationBucket, annotatedEvent } from "../archive/annotation-bucket.ts"
import type { ArchivedShoppers, ErasedInArchive } from "../archive/archived-shoppers.ts"
import type { DeadLetters } from "../archive/dead-letters.ts"
import { Bucket } from "../jetstream/bucket.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import type { Log } from "../log/log.ts"
import { shopOfStoredSubject } from "../log/subjects.ts"
import { sha256 } from "../sha256.ts"
import { ONCE } from "../shards.ts"
import { isOf, type ShopperIndex } from "./shopper-index.ts"

const BUCKET = "erasures"

/** Most messages that are erased at a time; their list must fit into a NATS message. */
const MESSAGES_AT_ONCE = 20_000
/** Requests to JetStream under way at a time. */
const REQUESTS_AT_ONCE = 50

/** Time for the followers to take what the log has, in ms. */
const REACH_TIMEOUT_MS = 3000

const NOTHING_ARCHIVED: ErasedInArchive = { events: 0, baskets: 0, incoming_events: 0, shops: [] }

/** A shopper's data in one shop. */
interface Found {
  readonly seqs: number[]
  readonly sessions: string[]
}

/** By shop. */
type FoundByShop = Record<string, Found>

/** Who has data of shoppers; an erasure asks each. */
export interface DataOwners {
  readonly log: Log
  readonly index: ShopperIndex
  readonly archive: ArchivedShoppers | undefined
  readonly annotations: Pick<AnnotationBucket, "erase">
  readonly deadLetters: DeadLetters
  readonly shops: ShopOwners
}

/** The processes that own the shops. */
export interface ShopOwners {
  /**
   * Hides these events and this work on baskets from all screens, deletes the shop's snapshots, and makes the shop again. Resolves to whether
   * there were snapshots.
   */
  hide(shopId: string, seqs: readonly number[], work: readonly number[]): Promise<boolean>
  /** What is hidden of a shop is erased. */
  reveal(shopId: string): Promise<void>
}

/**
 * Erases shoppers by asking each owner of their data. What was found is stored until everything that depends on it is erased, so that a
 * repeated request continues an interrupted erasure.
 */
export class Erasure {
  /** What erasures have found and not finished erasing, by a hash of the shopper. */
  readonly #unfinished: Bucket
  readonly #owners: DataOwners
  /** Erasures run one after the other, because two could find the same data. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(js: JetStream, owners: DataOwners) {
    this.#unfinished = new Bucket(js, BUCKET)
    this.#owners = owners
  }

  /** Resolves when everything of the shopper that was published before is erased. */
  async erase(shopperId: string): Promise<Erased> {
    const erasing = this.#last.catch(() => {}).then(() => this.#erase(shopperId))
    this.#last = erasing
    return await erasing
  }

  async #erase(shopperId: string): Promise<Erased> {
    const { annotations, archive, deadLetters, log, shops: live } = this.#owners
    // Records of producers may follow, which nobody takes.
    const end = await log.reader.newestSeq()
    await log.reach(ONCE, end, REACH_TIMEOUT_MS)
    // Everything outside MongoDB is erased even while MongoDB is away.
    const archived = await this.#eraseInArchive(shopperId).catch((error: unknown) => ({ failure: error }))
    const counts = { stream: 0, acknowledgements: 0, snapshots: 0, annotations: 0, dead_letters: 0 }
    const shops = new Set<string>()
    for (;;) {
      const { found, isLast } = await this.#find(shopperId, end)
      if (Object.keys(found).length === 0) break
      await this.#unfinished.put(sha256(shopperId), JSON.stringify(found))
      for (const [shopId, each] of Object.entries(found)) {
        shops.add(shopId)
        await this.#eraseIn(shopId, each, counts)
      }
      await this.#unfinished.purge(sha256(shopperId))
      if (isLast) break
    }
    // These letters are not found by sequence or basket.
    counts.dead_letters += await deadLetters.eraseIncoming((letter) => isOf(letter, shopperId))
    if ("failure" in archived) throw archived.failure
    for (const annotated of archived.annotated) if (await annotations.erase(annotated)) counts.annotations++
    const late = (await archive?.finish(shopperId, end)) ?? NOTHING_ARCHIVED
    // Gateways may have pages of these shops from the archive.
    const more = new Set([...archived.shops.filter((shopId) => !shops.has(shopId)), ...late.shops])
    for (const shopId of more) {
      shops.add(shopId)
      if (await live.hide(shopId, [], [])) counts.snapshots++
      await live.reveal(shopId)
    }
    const events = archived.events + late.events
    const baskets = archived.baskets + late.baskets
    const incoming_events = archived.incoming_events + late.incoming_events
    const inArchive = archive === undefined ? null : { events, baskets, incoming_events }
    return { shops: shops.size, ...counts, archive: inArchive }
  }

  async #eraseInArchive(shopperId: string): Promise<ErasedInArchive & { readonly annotated: readonly Annotated[] }> {
    const { archive } = this.#owners
    if (archive === undefined) return { ...NOTHING_ARCHIVED, annotated: [] }
    const annotated = await archive.annotated(shopperId)
    return { ...(await archive.erase(shopperId)), annotated }
  }

  /** What an interrupted erasure has left, and what the log has. */
  async #find(shopperId: string, end: number): Promise<{ found: FoundByShop; isLast: boolean }> {
    const noted = await this.#unfinished.get(sha256(shopperId))
    const found = noted?.json<FoundByShop>() ?? {}
    let count = 0
    for await (const seqs of chunks(this.#owners.index.find(shopperId, end), REQUESTS_AT_ONCE)) {
      const messages = await Promise.all(seqs.map((seq) => this.#owners.log.reader.message(seq)))
      for (const message of messages) {
        const shopId = message && shopOfStoredSubject(message.subject)
        if (message === undefined || shopId === undefined || !isOf(message, shopperId)) continue
        found[shopId] ??= { seqs: [], sessions: [] }
        found[shopId].seqs.push(message.seq)
        const sessionId = sessionOf(message.data)
        if (sessionId !== undefined && !found[shopId].sessions.includes(sessionId))
          found[shopId].sessions.push(sessionId)
        count++
      }
      if (count >= MESSAGES_AT_ONCE) return { found, isLast: false }
    }
    return { found, isLast: true }
  }

  async #eraseIn(
    shopId: string,
    { seqs, sessions }: Found,
    counts: { -readonly [K in Exclude<keyof Erased, "shops" | "archive">]: number },
  ): Promise<void> {
    const { annotations, deadLetters, log, shops } = this.#owners
    const eraseMessage = (seq: number): Promise<boolean> => log.erase(seq)
    const count = async <T>(each: readonly T[], erase: (one: T) => Promise<boolean>): Promise<number> => {
      let erased = 0
      for await (const some of chunks(each, REQUESTS_AT_ONCE)) {
        erased += (await Promise.all(some.map(erase))).filter(Boolean).length
      }
      return erased
    }
    const work = await this.#workOn(shopId, sessions)
    // Overwriting takes time, so the events leave all screens first.
    try {
      if (await shops.hide(shopId, seqs, work)) counts.snapshots++
      counts.stream += await count(seqs, eraseMessage)
      counts.acknowledgements += await count(work, eraseMessage)
    } finally {
      await shops.reveal(shopId)
    }
    const events = seqs.map((seq) => annotatedEvent(log.id, shopId, seq))
    const baskets = sessions.map((session_id) => ({ kind: "basket", shop_id: shopId, session_id }) as const)
    counts.annotations += await count([...events, ...baskets], (each) => annotations.erase(each))
    const letters = [
      ...seqs.map((seq) => ({ shopId, kind: "event", id: String(seq) }) as const),
      ...sessions.map((id) => ({ shopId, kind: "basket", id }) as const),
    ]
    counts.dead_letters += await count(letters, (letter) => deadLetters.erase(letter))
  }

  async #workOn(shopId: string, sessions: readonly string[]): Promise<number[]> {
    const wanted = new Set(sessions)
    const seqs: number[] = []
    for await (const records of this.#owners.log.reader.work(shopId)) {
      for (const { work } of records) if (wanted.has(work.session_id)) seqs.push(work.seq)
    }
    return seqs
  }
}

function sessionOf(data: Uint8Array): string | undefined {
  try {
    const { session_id } = JSON.parse(Buffer.from(data).toString()) as { session_id?: unknown }
    return typeof session_id === "string" ? session_id.toLowerCase() : undefined
  } catch {
    return undefined
  }
}

async function* chunks<T>(all: AsyncIterable<T> | Iterable<T>, size: number): AsyncGenerator<T[]> {
  let chunk: T[] = []
  for await (const each of all) {
    chunk.push(each)
    if (chunk.length < size) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}
