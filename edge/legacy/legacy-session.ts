import type { Client, MirrorOf } from "res-service/client"
import { multicart, present } from "../../contract/session.ts"
import { AccessCheck } from "./access-check.ts"
import { encodeUpdate } from "./messages.ts"
import { StatusMirror } from "./status-mirror.ts"
import type { Turns } from "./turns.ts"
import { Updates, type Watcher } from "./updates.ts"

/** How often the connections of a session are kept alive, in ms; the service asks after 8 s whether they still exist. */
const KEEP_ALIVE_MS = 5000
/** Time for the service to answer, in ms; else the session is not live. A widget waits 4 s for its ping. */
const ANSWER_MS = 2500
/** When to show a change without an `updated`, as after an outage, in ms. */
const UNANNOUNCED_MS = 200

/** A member's socket, as seen by the session and by the customer's other sockets. */
export interface Participant extends Watcher {
  readonly customerId: string
  /** Nothing comes from it, so it is not kept alive. */
  readonly isQuiet: boolean
  /** Called when another socket has resumed the customer and now speaks for it. */
  silence(): void
  /** Speaks for the customer again. Never rejects: if resuming fails, the customer becomes absent. */
  speakAgain(): Promise<void>
  /** Sends the session's status, if the page has asked for it and does not have it yet. */
  showStatus(): void
  /** Called when the socket may no longer see the session. */
  shutOut(): void
}

/**
 * A shared session on this edge: one mirror of the resource `present`, for any number of sockets. After each `updated` of the
 * service, every watcher is sent the whole session.
 */
export class LegacySession {
  /** The parts of the names of its resources. */
  readonly parts: { readonly id: string }
  readonly #client: Client
  #mirror: MirrorOf<typeof present>
  #hasFailed = false
  readonly #watchers = new Set<Participant>()
  readonly #access: AccessCheck<Participant>
  readonly #updates: Updates
  /** Undefined until a socket asks for the status. */
  #status: StatusMirror | undefined
  /** The `n` of the newest `updated`; Infinity after an unannounced change, which may be newer than any. */
  #n = 0
  readonly #keepingAlive: NodeJS.Timeout
  #unannounced: NodeJS.Timeout | undefined
  #asking: Promise<boolean> | undefined

  constructor(client: Client, id: string, turns: Turns) {
    this.parts = { id }
    this.#client = client
    this.#mirror = this.#open()
    this.#access = new AccessCheck(client, present.name(this.parts), this.#watchers, (watcher) => {
      this.leave(watcher)
      watcher.shutOut()
    })
    this.#updates = new Updates(() => encodeUpdate(this.#mirror.jsonBytes), turns)
    // While NATS or the service is away, this call fails; when they are back, the service gives every member its full time again.
    this.#keepingAlive = setInterval(() => void this.#keepAlive().catch(() => {}), KEEP_ALIVE_MS)
  }

  /** Resolves when the session is loaded. Rejects when it can't be loaded; the next caller tries again. */
  get ready(): Promise<void> {
    if (this.#hasFailed) {
      this.#mirror.close()
      this.#mirror = this.#open()
    }
    return this.#mirror.ready
  }

  /** Whether the service answers now, so that the shown state is current. Concurrent questions share one call. */
  isAnswered(): Promise<boolean> {
    this.#asking ??= answersIn(ANSWER_MS, this.#keepAlive()).finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  /**
   * Shows a watcher the session from now on, starting with update `n` of its own call: earlier updates lack the new member.
   */
  enter(watcher: Participant, n: number): void {
    this.#watchers.add(watcher)
    this.#updates.forget(watcher)
    if (this.#n >= n) this.#updates.show([watcher])
  }

  leave(watcher: Participant): void {
    this.#watchers.delete(watcher)
    this.#updates.forget(watcher)
  }

  /** The other sockets of the same customer, the latest last; a duplicated page has one each. */
  othersOf({ cid, customerId }: Participant): Participant[] {
    return [...this.#watchers].filter((other) => other.cid !== cid && other.customerId === customerId)
  }

  /** Shows a watcher the session as it is. */
  show(watcher: Participant): void {
    this.#updates.show([watcher])
  }

  /** From now on, watchers are told when the status changes. */
  watchStatus(): void {
    this.#status ??= new StatusMirror(this.#client, this.parts, () => {
      for (const watcher of this.#watchers) watcher.showStatus()
    })
  }

  /** The message with the session's status; undefined while nobody has asked for it or it is not loaded. */
  get statusMessage(): string | undefined {
    return this.#status?.message
  }

  /** To be called when a watcher can take an update again. */
  send(): void {
    this.#updates.send()
  }

  close(): void {
    clearInterval(this.#keepingAlive)
    clearTimeout(this.#unannounced)
    this.#updates.stop()
    this.#access.stop()
    this.#mirror.close()
    this.#status?.close()
  }

  async #keepAlive(): Promise<void> {
    const cids = [...this.#watchers].filter(({ isQuiet }) => !isQuiet).map(({ cid }) => cid)
    const [cid] = cids
    if (cid !== undefined) await this.#client.call(multicart, this.parts, "keepAlive", { cids }, { cid })
  }

  #open(): MirrorOf<typeof present> {
    this.#hasFailed = false
    const mirror = this.#client.mirror(present, this.parts)
    mirror.ready.catch(() => {
      this.#hasFailed = mirror === this.#mirror
    })
    mirror.onEvent((event) => {
      if (event.type === "reaccess") void this.#access.ask()
      else if (event.type === "custom") this.#showAll(event.data.n)
      else this.#unannounced ??= setTimeout(() => this.#showAll(Infinity), UNANNOUNCED_MS)
    })
    return mirror
  }

  #showAll(n: number): void {
    clearTimeout(this.#unannounced)
    this.#unannounced = undefined
    this.#n = n
    this.#updates.show(this.#watchers)
  }
}

/** Whether a call is answered, in time and without an error. */
async function answersIn(ms: number, call: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false)
  })
  const answered = call.then(
    () => true,
    () => false,
  )
  return await Promise.race([answered, late]).finally(() => clearTimeout(timer))
}
