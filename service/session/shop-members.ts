import { randomBytes } from "node:crypto"
import type { Logger } from "res-service"
import { LatestTasks } from "../latest-tasks.ts"
import { sha256 } from "../sha256.ts"
import type { BasketRef, Link, ReadBasket, SessionOwner, ShopOwner } from "../shared-baskets.ts"
import type { SessionCommand } from "./command.ts"
import type { Presence } from "./presence.ts"
import type { Member } from "./session.ts"
import type { Sessions } from "./sessions.ts"
import { cartOf, isCartOf, shopCid } from "./shop-member.ts"

/** How often the baskets of loaded sessions are read, in ms, beside the times when their shop tells of an event. */
const READ_INTERVAL_MS = 2000
/** Most baskets that are being read. */
const MAX_READS = 500
const DEFAULT_QUIET_MS = 30 * 60 * 1000

export interface ShopMembersOptions {
  readonly sessions: Sessions
  readonly presence: Presence
  readonly run: (sessionId: string, command: SessionCommand) => Promise<number>
  readonly inQueue: <T>(sessionId: string, task: () => Promise<T>) => Promise<T>
  /** False for a session that another process may own. */
  readonly isOwned: (sessionId: string) => boolean
  readonly shops: ShopOwner
  /** A basket without an event for this time, in ms, has nobody present any more. Default 30 minutes. */
  readonly quietMs?: number | undefined
  readonly logger: Logger
}

/** What is known of a basket. */
interface Followed {
  /** Sequence of the event by which it was linked last; 0: not known since this process loaded the session. */
  readonly seq: number
  /** When it had its last event, in ms since the epoch. */
  readonly activeAt: number
}

/**
 * The members who shop in the shop, with an app. Their carts follow their baskets, as the shop's log has them: a basket that is checked out is
 * ready, and one that names another session leaves. While carts are locked nothing is changed, and what was bought meanwhile follows
 * afterwards.
 */
export class ShopMembers implements SessionOwner {
  readonly #options: ShopMembersOptions
  readonly #quietMs: number
  readonly #reads = new LatestTasks(MAX_READS)
  /** By what stands for the connection. */
  readonly #followed = new Map<string, Followed>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: ShopMembersOptions) {
    this.#options = options
    this.#quietMs = options.quietMs ?? DEFAULT_QUIET_MS
  }

  start(): void {
    this.#timer = setInterval(() => this.#readAll(), READ_INTERVAL_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Whether somebody shops with the basket that stands for a connection. */
  isActive(cid: string): boolean {
    const { activeAt } = this.#followed.get(cid) ?? { activeAt: Date.now() }
    return Date.now() - activeAt < this.#quietMs
  }

  async link(sessionId: string, { basket, seq, name, invite }: Link): Promise<void> {
    const { run, inQueue } = this.#options
    const cid = shopCid(basket)
    const newcomer = {
      id: randomBytes(12).toString("base64url"),
      name,
      cid,
      // Nobody has the token, so nobody can resume the member.
      resumeHash: sha256(randomBytes(24).toString("base64url")),
      at: Date.now(),
      invite,
      client: "app" as const,
    }
    await inQueue(sessionId, () => run(sessionId, { type: "link", newcomer, basket }))
    this.#followed.set(cid, { seq, activeAt: Date.now() })
    this.#read(sessionId, basket)
  }

  async changed(sessionId: string, basket: BasketRef): Promise<void> {
    if (this.#memberOf(sessionId, basket) !== undefined) this.#read(sessionId, basket)
  }

  #readAll(): void {
    const { sessions, isOwned } = this.#options
    const current = new Set<string>()
    for (const [sessionId, { session }] of sessions.loaded) {
      if (!isOwned(sessionId)) continue
      for (const { basket } of session?.members ?? []) {
        if (basket === undefined) continue
        current.add(shopCid(basket))
        this.#read(sessionId, basket)
      }
    }
    for (const cid of this.#followed.keys()) if (!current.has(cid)) this.#followed.delete(cid)
  }

  #read(sessionId: string, basket: BasketRef): void {
    const { presence, shops, inQueue, logger } = this.#options
    const cid = shopCid(basket)
    if (this.isActive(cid)) presence.called(sessionId, cid)
    this.#reads.run(`${sessionId} ${cid}`, async () => {
      try {
        const found = await shops.read(basket, this.#followed.get(cid)?.seq ?? 0)
        await inQueue(sessionId, () => this.#show(sessionId, basket, found))
      } catch (error) {
        // The shop's owner does not answer now, or the carts are locked.
        logger.debug({ err: error }, "the cart of a member in the shop could not follow its basket yet")
      }
    })
  }

  async #show(sessionId: string, basket: BasketRef, found: ReadBasket): Promise<void> {
    const { run, isOwned } = this.#options
    const member = this.#memberOf(sessionId, basket)
    if (member === undefined || !isOwned(sessionId)) return
    const { id } = member
    if (found?.shared_session !== sessionId) {
      await run(sessionId, { type: "leave", id })
      return
    }
    const cid = shopCid(basket)
    this.#followed.set(cid, { seq: this.#followed.get(cid)?.seq ?? 0, activeAt: Date.parse(found.last_at) })
    const content = cartOf(found)
    if (JSON.stringify(content) !== JSON.stringify(member.content))
      await run(sessionId, { type: "updateCart", id, content })
    const ready = found.status === "checked_out"
    if (this.#memberOf(sessionId, basket)?.ready !== ready)
      await run(sessionId, { type: "setReady", id, ready, keepWish: false })
  }

  #memberOf(sessionId: string, basket: BasketRef): Member | undefined {
    return this.#options.sessions.loaded.get(sessionId)?.session?.members.find(isCartOf(basket))
  }
}
