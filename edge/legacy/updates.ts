import { occurrences } from "../../observe/occurrences.ts"
import { ByteBudget } from "./byte-budget.ts"
import type { Turns } from "./turns.ts"

/**
 * The budget for a session's updates, in bytes over all its sockets. Each update holds all carts, so ten bytes from one member
 * can cost 100 MB; faster changes are merged. Four members with carts of 5 KB may change 400 times a second.
 */
const BYTES_PER_SECOND = 32 * 1024 * 1024
const BURST_BYTES = 64 * 1024 * 1024
/** Most bytes sent in one turn of the event loop; a larger update is sent alone. */
const SLICE_BYTES = 256 * 1024

const NOTHING = Buffer.alloc(0)

/** A socket that is shown the session. */
export interface Watcher {
  readonly cid: string
  /** False while an update would come at the wrong time; the socket calls `send` afterwards. */
  readonly canBeShown: boolean
  show(update: Buffer): void
}

/**
 * The updates of one session to its watchers. An update is encoded once for all receivers, when it is sent, with all changes up
 * to then. Large updates are sent a few at a time, at the pace of the session's budget.
 */
export class Updates {
  readonly #encode: () => Buffer
  readonly #turns: Turns
  readonly #budget = new ByteBudget(BYTES_PER_SECOND, BURST_BYTES)
  /** Watchers that do not have the newest state yet. */
  readonly #due = new Set<Watcher>()
  /** Watchers that `#update` is sent to. */
  readonly #receivers = new Set<Watcher>()
  #update: Buffer = NOTHING
  #waiting: NodeJS.Timeout | undefined
  /** Updates of single watchers that the next one replaces. */
  #merged = 0

  /** @param encode gives the session as it is now */
  constructor(encode: () => Buffer, turns: Turns) {
    this.#encode = encode
    this.#turns = turns
  }

  /** Sends the session to these watchers as soon as the budget allows. */
  show(watchers: Iterable<Watcher>): void {
    for (const watcher of watchers) {
      if (this.#due.has(watcher)) this.#merged++
      this.#due.add(watcher)
    }
    this.send()
  }

  /** Cancels the pending update of a watcher. */
  forget(watcher: Watcher): void {
    this.#due.delete(watcher)
    this.#receivers.delete(watcher)
  }

  /** Sends what is due and may be sent. */
  send(): void {
    if (this.#receivers.size > 0 || this.#waiting !== undefined) return
    const receivers = [...this.#due].filter((watcher) => watcher.canBeShown)
    if (receivers.length === 0) return
    const waitMs = this.#budget.waitMs()
    if (waitMs > 0) {
      this.#waiting = setTimeout(() => {
        this.#waiting = undefined
        this.send()
      }, waitMs)
      return
    }
    this.#update = this.#encode()
    if (this.#merged > 0) occurrences.mergedUpdate.tell(this.#merged * this.#update.length)
    this.#merged = 0
    this.#budget.take(this.#update.length * receivers.length)
    for (const watcher of receivers) {
      this.#due.delete(watcher)
      this.#receivers.add(watcher)
    }
    if (this.#update.length * receivers.length <= SLICE_BYTES) this.#sendSlice()
    else this.#turns.add(() => this.#sendSlice())
  }

  stop(): void {
    clearTimeout(this.#waiting)
    this.#due.clear()
    this.#receivers.clear()
  }

  /** Returns true when all receivers have been sent the update. */
  #sendSlice(): boolean {
    let left = SLICE_BYTES
    for (const watcher of this.#receivers) {
      if (left <= 0) return false
      this.#receivers.delete(watcher)
      if (watcher.canBeShown) {
        watcher.show(this.#update)
        left -= this.#update.length
      } else this.#due.add(watcher)
    }
    this.#update = NOTHING
    this.send()
    return true
  }
}
