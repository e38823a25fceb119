import { ResError } from "res-service"
import { serviceError } from "../../contract/errors.ts"
import { Bucket } from "../jetstream/bucket.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import { partitionOf } from "../log/subjects.ts"
import { jsonOf } from "./cart-content.ts"
import { mended } from "./mend.ts"
import type { RequestNumbers } from "./request-numbers.ts"
import type { Member, Session, SessionEvent } from "./session.ts"
import { completed, type MemberWithoutCart, type StoredMember } from "./stored-member.ts"

export const BUCKET = "sessions"

/** When this share of the bucket is used, nobody can start a session; existing sessions go on. */
const FULL_FOR_SESSIONS = 0.8
/** When this share is used, carts cannot grow, so that members can still join, get ready and leave. */
const FULL_FOR_CARTS = 0.9
/** JetStream's error text when the stream has no room. The API error code alone has other meanings too. */
const NO_ROOM = "maximum bytes exceeded"
/** A key that means nothing. No session has it. */
const BEGINNING = "beginning"
/** Header of a stored cart, with its `cartNumbers` as JSON. */
const NUMBERS_HEADER = "Shopwire-Requests"
/** How long the mark of a session that ended is kept. */
const MARK_TTL = "60s"

/** A session as it is stored. */
export interface StoredSession {
  readonly session: Session | undefined
  /** Revision of each stored key. */
  readonly revisions: ReadonlyMap<string, number>
}

interface Refreshed {
  /** Whether there was room for all keys. */
  readonly isComplete: boolean
}

/** What `<partition>.<id>.state` holds: everything but the carts. */
interface State extends Omit<Session, "members"> {
  readonly members: readonly StoredMember[]
}

/**
 * Keeps sessions in a JetStream KV bucket: `<partition>.<id>.state` the members, `<partition>.<id>.cart.<customerId>` a cart.
 * Every write names the revision that it replaces, so one of two concurrent writers is refused.
 *
 * All methods reject with `system.serviceUnavailable` when JetStream does not answer, or when somebody else wrote meanwhile: then the
 * loaded session is void. `save` rejects with `session.tooMany` when the bucket has no room; nothing is stored then.
 */
export class SessionStore {
  readonly #bucket: Bucket
  readonly #maxBytes: number
  readonly #isReplicated: boolean
  #usedBytes = 0

  /**
   * @param idleMs how long the bucket keeps a key without writes
   * @param maxBytes size of all sessions
   */
  constructor(js: JetStream, idleMs: number, maxBytes: number) {
    this.#bucket = new Bucket(js, BUCKET, { ttlMs: idleMs, maxBytes, expiringMarks: true })
    this.#maxBytes = maxBytes
    this.#isReplicated = js.replicas > 1
  }

  /** Makes the bucket, or updates the limits of an existing one. */
  async open(): Promise<void> {
    await this.#bucket.open()
    await this.measure()
  }

  /**
   * Call it before the first load of sessions that another process may have written. Whoever answers a read must have what is written
   * here, and so what was acknowledged before: see `StreamProgress`.
   */
  async markBeginning(): Promise<void> {
    if (this.#isReplicated) await this.#bucket.put(BEGINNING, "")
  }

  /** Calls `listener` when the bucket was lost, with all sessions. */
  onLost(listener: () => void): void {
    this.#bucket.onReplaced(listener)
  }

  /** Reads how much of the bucket is used. Call it regularly. */
  async measure(): Promise<void> {
    this.#usedBytes = (await this.#bucket.info()).state.bytes
  }

  /** @throws {ResError} `session.tooMany` */
  checkRoom(isForCart: boolean): void {
    if (this.#usedBytes > this.#maxBytes * (isForCart ? FULL_FOR_CARTS : FULL_FOR_SESSIONS))
      throw serviceError("session.tooMany")
  }

  async load(id: string): Promise<StoredSession> {
    const stateEntry = await this.#bucket.get(stateKey(id))
    if (stateEntry === undefined) return { session: undefined, revisions: new Map() }
    const { members, ...state } = stateEntry.json<State>()
    const revisions = new Map([[stateKey(id), stateEntry.revision]])
    const withCart = async (member: MemberWithoutCart): Promise<Member> => {
      const key = cartKey(id, member.id)
      const stored = await this.#bucket.message(key)
      if (stored === undefined) return { ...member, content: {} }
      revisions.set(key, stored.seq)
      const cartNumbers = numbersIn(stored.header.get(NUMBERS_HEADER))
      return { ...member, content: stored.json<object>(), ...(cartNumbers && { cartNumbers }) }
    }
    const session = mended({ ...state, members: await Promise.all(completed(members).map(withCart)) })
    return { session, revisions }
  }

  /**
   * Stores `session` after `events`: the carts that they set, in their order, then the rest if they changed it. When only a part of that
   * could be stored, it rejects with `system.serviceUnavailable`.
   */
  async save(
    id: string,
    stored: StoredSession,
    session: Session | undefined,
    events: readonly SessionEvent[],
  ): Promise<StoredSession> {
    const revisions = new Map(stored.revisions)
    if (session === undefined) {
      const previousSeq = revisions.get(stateKey(id)) ?? 0
      await unlessFull(this.#bucket.purge(stateKey(id), { previousSeq, ttl: MARK_TTL }))
      revisions.delete(stateKey(id))
    } else {
      const ofCarts = cartsSet(events).flatMap(
        (customerId) => session.members.find(({ id }) => id === customerId) ?? [],
      )
      const writes = ofCarts.map((member) => () => this.#writeCart(id, member, revisions))
      // After the cart: whoever was ready for the cart before is not ready when the session is loaded between the two.
      if (events.some(({ type }) => type !== "cartSet")) writes.push(() => this.#writeState(id, session, revisions))
      for (const [i, write] of writes.entries()) await (i === 0 ? unlessFull(write()) : write())
    }
    const gone = events.filter((event) => event.type === "left")
    await Promise.all(gone.map((member) => this.#forgetCart(id, member.id, revisions)))
    return { session, revisions }
  }

  /**
   * Writes all keys of a session again, so that unchanged ones do not expire. If the bucket has no room for all of them, the others stay as
   * they are: what was saved before is stored all the same.
   */
  async refresh(id: string, { session, revisions: known }: StoredSession): Promise<StoredSession & Refreshed> {
    const revisions = new Map(known)
    if (session === undefined) return { session, revisions, isComplete: true }
    try {
      await unlessFull(this.#writeAll(id, session, revisions))
      return { session, revisions, isComplete: true }
    } catch (error) {
      if (error instanceof ResError && error.code === "session.tooMany")
        return { session, revisions, isComplete: false }
      throw error
    }
  }

  async #writeAll(id: string, session: Session, revisions: Map<string, number>): Promise<void> {
    await this.#writeState(id, session, revisions)
    for (const member of session.members)
      if (revisions.has(cartKey(id, member.id))) await this.#writeCart(id, member, revisions)
  }

  async #writeState(id: string, session: Session, revisions: Map<string, number>): Promise<void> {
    const key = stateKey(id)
    const revision = revisions.get(key)
    const data = stateJson(session)
    const written = await (revision === undefined
      ? this.#bucket.create(key, data)
      : this.#bucket.replace(key, data, revision))
    revisions.set(key, written)
  }

  async #writeCart(id: string, { id: customerId, content, cartNumbers }: Member, revisions: Map<string, number>) {
    const key = cartKey(id, customerId)
    const headers = cartNumbers && { [NUMBERS_HEADER]: JSON.stringify(cartNumbers) }
    // No key is used again once it was deleted: each member has another ID.
    revisions.set(key, await this.#bucket.replace(key, jsonOf(content), revisions.get(key) ?? 0, headers))
  }

  // The list of members decides. A cart that is left behind belongs to nobody and expires.
  async #forgetCart(id: string, customerId: string, revisions: Map<string, number>): Promise<void> {
    const key = cartKey(id, customerId)
    if (!revisions.delete(key)) return
    await this.#bucket.purge(key, { ttl: MARK_TTL }).catch(() => {})
  }
}

/** The members whose carts the events set, in the order of the events. */
export function cartsSet(events: readonly SessionEvent[]): readonly string[] {
  const ids = new Set<string>()
  for (const event of events) if (event.type === "cartSet") ids.add(event.id)
  return [...ids]
}

function stateJson({ members, ...others }: Session): string {
  const state: State = { ...others, members: members.map(({ content: _, cartNumbers: __, ...member }) => member) }
  return JSON.stringify(state)
}

function numbersIn(header: string): RequestNumbers | undefined {
  try {
    return header === "" ? undefined : JSON.parse(header)
  } catch {
    // Another program has written it. The cart is still good.
    return undefined
  }
}

function stateKey(id: string): string {
  return `${keyPrefix(id)}.state`
}

function cartKey(id: string, customerId: string): string {
  return `${keyPrefix(id)}.cart.${customerId}`
}

/** Keys of JetStream KV have no `~`, and session IDs no `=`. */
function keyPrefix(id: string): string {
  return `${partitionOf(id)}.${id.replaceAll("~", "=")}`
}

/** @throws {ResError} `session.tooMany`: the bucket has no room */
async function unlessFull(writing: Promise<void>): Promise<void> {
  try {
    await writing
  } catch (error) {
    const cause = error instanceof ResError ? error.cause : undefined
    throw cause instanceof Error && cause.message.includes(NO_ROOM) ? serviceError("session.tooMany") : error
  }
}
