import {
  type CollectionEvents,
  dataValue,
  type Logger,
  type ModelEvents,
  type Reference,
  type RequestNumber,
  ResError,
  reference,
} from "res-service"
import type { ContentOf } from "res-service/contract"
import { loggedSessionId } from "../../config/logged-sessions.ts"
import { serviceError } from "../../contract/errors.ts"
import { MAX_CART_BYTES, MAX_SESSION_BYTES } from "../../contract/limits.ts"
import { cart, type sessionStatus } from "../../contract/session.ts"
import type { SessionMember } from "../../contract/session-members.ts"
import { listChanges } from "../list-changes.ts"
import { sizeOf } from "./cart-content.ts"
import type { SessionCommand } from "./command.ts"
import type { Currencies } from "./currencies.ts"
import { decide } from "./decide.ts"
import { ownerOf, presentMembers, shownMembers } from "./multicart.ts"
import { connectionsOf, evolve, type Member, type Session, type SessionEvent } from "./session.ts"
import { cartsSet, type SessionStore, type StoredSession } from "./session-store.ts"
import { type LineEventSenders, type LineModel, ShownLines } from "./shown-lines.ts"
import { type MemberEventSenders, ShownMembers } from "./shown-members.ts"
import { ShownStatuses, type StatusEventSender } from "./shown-statuses.ts"
import { dueAt } from "./tick.ts"

export type CartModel = ContentOf<typeof cart>
export type StatusModel = ContentOf<typeof sessionStatus>

/** The senders of events of a session's resources. Use them in the session's queue. */
export interface SessionEventSenders extends StatusEventSender, MemberEventSenders, LineEventSenders {
  readonly multicart: CollectionEvents<Reference>
  readonly present: CollectionEvents<Reference>
  cart(customerId: string): ModelEvents<CartModel>
  /** Makes gateways get all of them again. */
  reset(): void
}

interface LoadedSession extends StoredSession {
  /** Revision of the last write. It grows with every command. */
  readonly n: number
  /** When all keys of the session were last written, in ms since the epoch; 0: not known. */
  readonly refreshedAt: number
  /** About how many bytes of memory it takes, as JSON. */
  readonly bytes: number
}

/** About how many bytes a member takes without its cart. */
const MEMBER_BYTES = 800

export interface SessionsOptions {
  /** How long the store keeps a session without writes, in ms. */
  readonly idleMs: number
  /** Most bytes of sessions in memory, as JSON; the least recently used ones are dropped. */
  readonly memoryBytes: number
  /** False when another process may own the session, which then must not be written here. */
  readonly isOwned: (id: string) => boolean
  readonly currencies: Currencies
  readonly logger: Logger
}

/**
 * The sessions in use. Call `get` and `execute` in the session's queue, which executes, stores and announces its commands one
 * after the other.
 */
export class Sessions {
  readonly #store: SessionStore
  readonly #refreshMs: number
  readonly #memoryBytes: number
  readonly #isOwned: (id: string) => boolean
  readonly #logger: Logger
  readonly #currencies: Currencies
  /** The least recently used one comes first. */
  readonly #loaded = new Map<string, LoadedSession>()
  readonly #statuses = new ShownStatuses()
  readonly #members = new ShownMembers()
  readonly #lines = new ShownLines()
  /** When a `tick` changes a session, in ms since the epoch. It has sessions that left the memory, too. */
  readonly #due = new Map<string, number>()
  #bytes = 0
  /** How often sessions were dropped. What was read or stored before that may be old by the time it is there. */
  #drops = 0

  constructor(store: SessionStore, { idleMs, memoryBytes, isOwned, currencies, logger }: SessionsOptions) {
    this.#store = store
    this.#refreshMs = idleMs / 2
    this.#memoryBytes = memoryBytes
    this.#isOwned = isOwned
    this.#logger = logger
    this.#currencies = currencies
  }

  /** The sessions in memory, by ID, in their current state. */
  get loaded(): ReadonlyMap<string, { readonly session: Session | undefined }> {
    return this.#loaded
  }

  /** About how many bytes they take, as JSON. */
  get bytes(): number {
    return this.#bytes
  }

  async get(id: string): Promise<Session | undefined> {
    return (await this.#load(id)).session
  }

  /** The `n` of a session's last change; 0: there is no such session. */
  async revision(id: string): Promise<number> {
    return (await this.#load(id)).n
  }

  /** What the members share. From now on its changes are sent, until `forget`. */
  async status(id: string): Promise<StatusModel> {
    const { session, n } = await this.#load(id)
    return this.#statuses.show(id, session, n, await this.#currencyOf(session))
  }

  /** The members. From now on their changes are sent, until `forget`. */
  async members(id: string): Promise<readonly SessionMember[]> {
    return this.#members.show(id, await this.get(id))
  }

  /** The lines of a member's cart, by ID. From now on their changes are sent, until `forget`. Undefined: there is no such member. */
  async lines(id: string, customerId: string): Promise<ReadonlyMap<string, LineModel> | undefined> {
    const member = (await this.get(id))?.members.find((each) => each.id === customerId)
    return member && this.#lines.show(id, member)
  }

  /** The sessions that a `tick` at this time changes. */
  due(at: number): readonly string[] {
    return [...this.#due].flatMap(([id, due]) => (due <= at ? [id] : []))
  }

  /** Nobody watches a session any more. */
  forget(id: string): void {
    this.#statuses.drop(id)
    this.#members.drop(id)
    this.#lines.drop(id)
  }

  /**
   * Executes a command: stores the new session and sends its changes, last `updated {n}`. Resolves to that `n`.
   *
   * @throws {ResError} as `decide` does · `session.cartTooLarge` · `session.tooMany` · `system.serviceUnavailable`: not known to be
   *   stored
   */
  async execute(
    id: string,
    command: SessionCommand,
    events: SessionEventSenders,
    request?: RequestNumber,
  ): Promise<number> {
    const drops = this.#drops
    let before = await this.#load(id)
    if (isDue(before.session) && command.type !== "tick") {
      await this.execute(id, { type: "tick", at: Date.now() }, events)
      before = await this.#load(id)
    }
    const happened = decide(before.session, command, request)
    if (happened.length === 0) return before.n
    const after = happened.reduce(evolve, before.session)
    if (before.session === undefined) this.#store.checkRoom(false)
    for (const cartOf of cartsSet(happened)) {
      checkCarts(after, cartOf)
      if (sizeOfCart(after, cartOf) > sizeOfCart(before.session, cartOf)) this.#store.checkRoom(true)
    }
    if (!this.#isOwned(id)) throw new ResError("system.serviceUnavailable")
    const currency = this.#statuses.has(id) ? await this.#currencyOf(after) : null
    try {
      let stored = await this.#store.save(id, before, after, happened)
      let { refreshedAt } = before
      if (Date.now() - refreshedAt > this.#refreshMs) {
        const refreshed = await this.#store.refresh(id, stored)
        stored = refreshed
        // Otherwise the next command tries it again.
        if (refreshed.isComplete) refreshedAt = Date.now()
      }
      const n = Math.max(before.n + 1, ...stored.revisions.values())
      if (after === undefined) this.#due.delete(id)
      if (after === undefined || drops !== this.#drops) this.#unload(id)
      else this.#keep(id, { session: after, revisions: stored.revisions, n, refreshedAt, bytes: bytesOf(after) })
      tell(id, before.session, after, events)
      this.#statuses.tell(id, after, n, currency, events)
      this.#members.tell(id, after, events)
      this.#lines.tell(id, after, events)
      if (shutsOut(before.session, after)) {
        askAgain(before.session, after, events)
        this.#statuses.reaccess(id, events)
        this.#members.reaccess(id, events)
        this.#lines.reaccess(id, events)
      }
      if (happened.some(isSeen)) for (const list of [events.multicart, events.present]) list.event("updated", { n })
      return n
    } catch (error) {
      if (error instanceof ResError && error.code === "session.tooMany") throw error
      // The session may be stored, or somebody else may have written it. So gateways get it again from the store.
      this.#unload(id)
      this.forget(id)
      events.reset()
      this.#logger.warn({ err: error, session: loggedSessionId(id) }, "could not store a session")
      throw error
    }
  }

  /** Drops some sessions from memory, also those that are being loaded or stored: another process may write them from now on. */
  dropWhere(condition: (id: string) => boolean): void {
    this.#drops++
    for (const id of [...this.#loaded.keys()]) if (condition(id)) this.#unload(id)
    for (const id of [...this.#due.keys()]) if (condition(id)) this.#due.delete(id)
    this.#statuses.dropWhere(condition)
    this.#members.dropWhere(condition)
    this.#lines.dropWhere(condition)
  }

  async #currencyOf(session: Session | undefined): Promise<string | null> {
    return session?.shopId === undefined ? null : await this.#currencies.of(session.shopId)
  }

  async #load(id: string): Promise<LoadedSession> {
    const known = this.#loaded.get(id)
    if (known !== undefined) {
      // The most recently used one comes last.
      this.#loaded.delete(id)
      this.#loaded.set(id, known)
      return known
    }
    const drops = this.#drops
    const stored = await this.#store.load(id)
    // The age of stored keys is not known, so the next command writes them again.
    const refreshedAt = stored.session === undefined ? Date.now() : 0
    const bytes = bytesOf(stored.session)
    const loaded = { ...stored, n: Math.max(0, ...stored.revisions.values()), refreshedAt, bytes }
    // Nobody has changed it for so long that it is deleted. It is never due again.
    if (stored.session === undefined) this.#due.delete(id)
    else if (drops === this.#drops) this.#keep(id, loaded)
    return loaded
  }

  /** Marks a session as used; drops the least recently used ones when the memory is full. */
  #keep(id: string, loaded: LoadedSession): void {
    this.#unload(id)
    this.#loaded.set(id, loaded)
    this.#bytes += loaded.bytes
    const due = dueAt(loaded.session)
    if (due === undefined) this.#due.delete(id)
    else this.#due.set(id, due)
    for (const oldest of this.#loaded.keys()) {
      if (this.#bytes <= this.#memoryBytes || oldest === id) return
      this.#unload(oldest)
    }
  }

  #unload(id: string): void {
    this.#bytes -= this.#loaded.get(id)?.bytes ?? 0
    this.#loaded.delete(id)
  }
}

export function cartModel(session: Session, member: Member): CartModel {
  return { owner: dataValue(ownerOf(session, member)), content: dataValue(member.content) }
}

// Carts before the list, so that a client that follows a new reference finds the current cart.
function tell(id: string, before: Session | undefined, after: Session | undefined, events: SessionEventSenders): void {
  for (const member of shownMembers(after)) {
    if (before === undefined || after === undefined) continue
    if (before.hostId === after.hostId && before.members.includes(member)) continue
    const old = before.members.find((each) => each.id === member.id)
    if (old === undefined) continue
    const owner = ownerOf(after, member)
    const ownerChanged = JSON.stringify(owner) !== JSON.stringify(ownerOf(before, old))
    events.cart(member.id).change({
      ...(ownerChanged ? { owner: dataValue(owner) } : {}),
      ...(member.content === old.content ? {} : { content: dataValue(member.content) }),
    })
  }
  tellList(id, events.multicart, shownMembers(before), shownMembers(after))
  tellList(id, events.present, presentMembers(before), presentMembers(after))
}

/** Whether some connections may no longer see a session. */
function shutsOut(before: Session | undefined, after: Session | undefined): boolean {
  if (after?.invites === undefined) return false
  const now = connectionsOf(after)
  return before?.invites === undefined || [...connectionsOf(before)].some((cid) => !now.has(cid))
}

/** Makes gateways and edges ask again for access to a session. */
function askAgain(before: Session | undefined, after: Session | undefined, events: SessionEventSenders): void {
  const ids = new Set([before, after].flatMap((session) => session?.members.map(({ id }) => id) ?? []))
  for (const each of [events.multicart, events.present, ...[...ids].map((id) => events.cart(id))]) each.reaccess()
}

function tellList(
  sessionId: string,
  events: CollectionEvents<Reference>,
  before: readonly Member[],
  after: readonly Member[],
): void {
  const [ids, idsAfter] = [before, after].map((members) => members.map(({ id }) => id)) as [string[], string[]]
  for (const change of listChanges(ids, idsAfter)) {
    if (change.type === "remove") events.remove(change.index)
    else events.add(reference(cart.name({ id: sessionId, customer: change.id })), change.index)
  }
}

function checkCarts(session: Session | undefined, cartOf: string): void {
  let total = 0
  for (const member of session?.members ?? []) {
    const bytes = sizeOf(member.content)
    if (member.id === cartOf && bytes > MAX_CART_BYTES)
      throw serviceError("session.cartTooLarge", { limitBytes: MAX_CART_BYTES })
    total += bytes
  }
  if (total > MAX_SESSION_BYTES) throw serviceError("session.cartTooLarge", { limitBytes: MAX_SESSION_BYTES })
}

function sizeOfCart(session: Session | undefined, customerId: string): number {
  const member = session?.members.find(({ id }) => id === customerId)
  return member === undefined ? 0 : sizeOf(member.content)
}

function bytesOf(session: Session | undefined): number {
  return session?.members.reduce((sum, { content }) => sum + MEMBER_BYTES + sizeOf(content), 0) ?? 0
}

/** What old clients are not shown. They get a message for each `updated`, so there is none without a reason. */
const unseen: readonly SessionEvent["type"][] = ["idleSet", "nudged", "disownedSet", "offerMade", "offerEnded"]

function isSeen({ type }: SessionEvent): boolean {
  return !unseen.includes(type)
}

/** Whether something is due that has not been done yet. */
function isDue(session: Session | undefined): boolean {
  const due = dueAt(session)
  return due !== undefined && due <= Date.now()
}
