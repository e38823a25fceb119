import type { Conn, Msg, Subscription } from "../conn.ts"
import { ResError } from "../errors.ts"
import { hasSubscribers } from "../has-subscribers.ts"
import { elapsedMs, type Moment, moment } from "./moment.ts"

/** Most bytes of requests that wait for an owner. */
const MAX_HELD_BYTES = 8 * 1024 * 1024
/** A request that has waited this long for an owner, in ms, is refused. */
const MAX_HELD_MS = 8000
/** A requester is told to wait longer when its request has waited for this time, in ms; requesters usually wait 3 s. */
const TELL_AFTER_MS = 1000
/** What a held request takes besides its payload, in bytes. */
const MESSAGE_BYTES = 500
const TICK_MS = 250

/** What the router asks about shards. */
export interface ShardView {
  /** This process owns the shard and answers its requests. */
  isServed(shard: number): boolean
  /** Another member that owns the shard and probably answers; undefined: wait. */
  otherOwner(shard: number): string | undefined
  /** How new the view of this shard is: the revision of the last known change of its owner. */
  revisionOf(shard: number): number
}

interface Held {
  readonly msg: Msg
  /** The sender's view of the shard. */
  readonly revision: number
  readonly at: Moment
  told: boolean
}

/**
 * Passes each request to the owner of its shard. A request of another member's shard is published again, on a subject of that member and
 * with the reply subject of the requester, so the owner answers it on the connection on which it sends its events. While nobody owns the
 * shard, the request waits. A request says how new the sender's view was, and a receiver with an older view waits until it knows as much:
 * so no request goes back and forth between two views.
 */
export class Router {
  readonly #conn: Conn
  readonly #prefix: string
  readonly #view: ShardView
  readonly #handle: (msg: Msg, shard: number) => void
  readonly #held = new Map<number, Held[]>()
  readonly #subscription: Subscription
  readonly #timer: NodeJS.Timeout
  #heldBytes = 0

  /**
   * @param conn not fenced: whoever receives a request decides whether to answer it
   * @param prefix of the subjects of all members: `<prefix>.<member>.<shard>.<revision>.<subject of the request>`
   * @param handle handles a request of a shard that this process serves
   */
  constructor(conn: Conn, prefix: string, member: string, view: ShardView, handle: (msg: Msg, shard: number) => void) {
    this.#conn = conn
    this.#prefix = prefix
    this.#view = view
    this.#handle = handle
    const own = `${prefix}.${member}.`
    this.#subscription = conn.subscribe(`${own}>`, (msg) => {
      const [shard, revision, ...subject] = msg.subject.slice(own.length).split(".")
      if (subject.length > 0) this.route({ ...msg, subject: subject.join(".") }, Number(shard), Number(revision))
    })
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  /** Handles a request of a shard, hands it on, or keeps it until one of these is possible. */
  route(msg: Msg, shard: number, revision = 0): void {
    // After others that wait, so that requests stay in order.
    if ((this.#held.get(shard)?.length ?? 0) > 0 || !this.#pass(msg, shard, revision)) this.#hold(msg, shard, revision)
  }

  /** Call it when a shard may have got another owner. */
  update(): void {
    for (const [shard, held] of [...this.#held]) {
      let passed = 0
      for (const { msg, revision } of held) {
        if (!this.#pass(msg, shard, revision)) break
        this.#heldBytes -= sizeOf(msg)
        passed++
      }
      held.splice(0, passed)
      if (held.length === 0) this.#held.delete(shard)
    }
  }

  /** Whether a member is connected, even if it does not answer. True when that is not known. */
  async isConnected(member: string): Promise<boolean> {
    return await hasSubscribers(this.#conn, `${this.#prefix}.${member}.0`).catch(() => true)
  }

  /**
   * Takes no more requests from other members.
   *
   * @param heir a member that is handed what waits; undefined: it is refused
   */
  stop(heir: string | undefined): void {
    this.#subscription.unsubscribe()
    clearInterval(this.#timer)
    for (const [shard, held] of this.#held) {
      for (const { msg, revision } of held) {
        if (heir === undefined) this.#refuse(msg)
        else this.#handOn(msg, heir, shard, revision)
      }
    }
    this.#held.clear()
  }

  #pass(msg: Msg, shard: number, revision: number): boolean {
    const known = this.#view.revisionOf(shard)
    if (known < revision) return false
    if (this.#view.isServed(shard)) {
      this.#handle(msg, shard)
      return true
    }
    const other = this.#view.otherOwner(shard)
    if (other === undefined) return false
    this.#handOn(msg, other, shard, known)
    return true
  }

  #handOn(msg: Msg, member: string, shard: number, revision: number): void {
    const { subject, data, reply } = msg
    this.#conn.publish(`${this.#prefix}.${member}.${shard}.${revision}.${subject}`, data, reply, msg.headers?.())
  }

  #hold(msg: Msg, shard: number, revision: number): void {
    if (this.#heldBytes + sizeOf(msg) > MAX_HELD_BYTES) {
      this.#refuse(msg)
      return
    }
    const held = this.#held.get(shard) ?? []
    this.#held.set(shard, held)
    held.push({ msg, revision, at: moment(), told: false })
    this.#heldBytes += sizeOf(msg)
  }

  #tick(): void {
    // An owner may be fresh again, or not be any more.
    this.update()
    for (const [shard, held] of this.#held) {
      const fresh = held.findIndex(({ at }) => elapsedMs(at) < MAX_HELD_MS)
      for (const { msg } of held.splice(0, fresh === -1 ? held.length : fresh)) {
        this.#heldBytes -= sizeOf(msg)
        this.#refuse(msg)
      }
      for (const each of held) {
        if (each.told || elapsedMs(each.at) < TELL_AFTER_MS) continue
        each.told = true
        // Source: RES-Service protocol 1.2.3, "Pre-response".
        if (each.msg.reply !== undefined) this.#conn.publish(each.msg.reply, `timeout:"${MAX_HELD_MS}"`)
      }
      if (held.length === 0) this.#held.delete(shard)
    }
  }

  #refuse({ reply }: Msg): void {
    if (reply !== undefined)
      this.#conn.publish(reply, JSON.stringify({ error: new ResError("system.serviceUnavailable") }))
  }
}

function sizeOf({ data }: Msg): number {
  return data.length + MESSAGE_BYTES
}
