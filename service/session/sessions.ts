import {
  type CollectionEvents,
  type DataValue,
  dataValue,
  type Logger,
  type ModelEvents,
  type Reference,
  reference,
} from "res-service"
import { serviceError } from "../errors.ts"
import { listChanges } from "../list-changes.ts"
import { MAX_CART_BYTES, MAX_SESSION_BYTES } from "../schemas/session.ts"
import { type Owner, ownerOf, presentMembers, shownMembers } from "./multicart.ts"
import { decide, evolve, type Member, type Session, type SessionCommand } from "./session.ts"
import type { SessionStore, StoredSession } from "./session-store.ts"

/** A cart as `session.<id>.cart.<customerId>` shows it. */
export interface CartModel {
  readonly owner: DataValue<Owner>
  readonly content: DataValue<object>
}

/** How events of a session's resources are sent: in the session's queue. */
export interface SessionEvents {
  readonly multicart: CollectionEvents<Reference>
  readonly present: CollectionEvents<Reference>
  cart(customerId: string): ModelEvents<CartModel>
}

interface Loaded extends StoredSession {
  /** Revision of the last write; with every command it grows. */
  readonly n: number
  /** When all of it was last known to be young, in ms since the epoch. */
  readonly refreshedAt: number
}

/**
 * The sessions in use. All methods but `touchedBefore` are to be called in the session's queue: its commands are carried out,
 * stored and told one after the other.
 */
export class Sessions {
  readonly #store: SessionStore
  readonly #refreshMs: number
  readonly #logger: Logger
  readonly #loaded = new Map<string, Loaded>()

  /** @param idleMs how long the store keeps what is not written */
  constructor(store: SessionStore, idleMs: number, logger: Logger) {
    this.#store = store
    this.#refreshMs = idleMs / 2
    this.#logger = logger
  }

  /** IDs of the sessions that are loaded. */
  get ids(): string[] {
    return [...this.#loaded.keys()]
  }

  async get(id: string): Promise<Session | undefined> {
    return (await this.#load(id)).session
  }

  /**
   * Carries a command out: stores the session as it is then, and tells what changed; last `updated {n}`. Resolves to that `n`.
   *
   * @throws {ResError} as `decide` does · `session.cartTooLarge` · `system.serviceUnavailable`: not known to be stored
   */
  async execute(id: string, command: SessionCommand, events: SessionEvents): Promise<number> {
    const before = await this.#load(id)
    const happened = decide(before.session, command)
    if (happened.length === 0) return before.n
    const after = happened.reduce(evolve, before.session)
    const cartOf = command.type === "updateCart" ? command.id : undefined
    if (cartOf !== undefined) checkCarts(after, cartOf)
    try {
      let stored = await this.#store.save(id, before, after, cartOf)
      let { refreshedAt } = before
      if (Date.now() - refreshedAt > this.#refreshMs) {
        stored = await this.#store.refresh(id, stored)
        refreshedAt = Date.now()
      }
      const n = Math.max(before.n + 1, ...stored.revisions.values())
      if (after === undefined) this.#loaded.delete(id)
      else this.#loaded.set(id, { ...stored, n, refreshedAt })
      tell(id, before.session, after, events)
      for (const list of [events.multicart, events.present]) list.event("updated", { n })
      return n
    } catch (error) {
      // It may be stored, or somebody else wrote: what gateways have is fetched again from what there is.
      this.#loaded.delete(id)
      for (const list of [events.multicart, events.present]) list.reset()
      this.#logger.warn({ err: error, session: id }, "a session could not be stored")
      throw error
    }
  }

  async #load(id: string): Promise<Loaded> {
    const known = this.#loaded.get(id)
    if (known !== undefined) return known
    const stored = await this.#store.load(id)
    // The age of what was stored before is not known: the next command refreshes it.
    const refreshedAt = stored.session === undefined ? Date.now() : 0
    const loaded = { ...stored, n: Math.max(0, ...stored.revisions.values()), refreshedAt }
    if (stored.session !== undefined) this.#loaded.set(id, loaded)
    return loaded
  }
}

/** The rid of a member's cart. */
export function cartRid(sessionId: string, customerId: string): string {
  return `session.${sessionId}.cart.${customerId}`
}

export function cartModel(session: Session, member: Member): CartModel {
  return { owner: dataValue(ownerOf(session, member)), content: dataValue(member.content) }
}

// Carts before the list: who follows a reference that is added finds it as it is now.
function tell(id: string, before: Session | undefined, after: Session | undefined, events: SessionEvents): void {
  for (const member of shownMembers(after)) {
    const old = before?.members.find((each) => each.id === member.id)
    if (before === undefined || after === undefined || old === undefined) continue
    if (member === old && before.hostId === after.hostId) continue
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

function tellList(
  sessionId: string,
  events: CollectionEvents<Reference>,
  before: readonly Member[],
  after: readonly Member[],
): void {
  const [ids, idsAfter] = [before, after].map((members) => members.map(({ id }) => id)) as [string[], string[]]
  for (const change of listChanges(ids, idsAfter)) {
    if (change.type === "remove") events.remove(change.index)
    else events.add(reference(cartRid(sessionId, change.id)), change.index)
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

const sizes = new WeakMap<object, number>()

/** Bytes of a cart's JSON; counted once, for the others' carts stay the same objects. */
function sizeOf(content: object): number {
  const known = sizes.get(content)
  if (known !== undefined) return known
  const bytes = Buffer.byteLength(JSON.stringify(content))
  sizes.set(content, bytes)
  return bytes
}
