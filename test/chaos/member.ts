import { setTimeout as sleep } from "node:timers/promises"
import { Random } from "../../tools/demo/random.ts"
import { type SharedCart, Storefront } from "../helpers/storefront.ts"
import { numberIn } from "./checker.ts"
import type { MemberEvidence, ThrownOut } from "./evidence.ts"
import { Loop } from "./loop.ts"
import { Page, type Watcher } from "./watchers.ts"
import type { Door, World } from "./world.ts"

/** Longest that a member waits for an answer, in ms. */
const ANSWER_MS = 6000
const KEEP_ALIVE_MS = 5000
/** One of how many steps sets the ready flag instead of the cart, and one of how many leaves the session. */
const STEPS_PER_FLAG = 5
const STEPS_PER_LEAVE = 60

/** How a member takes part. Each method rejects with a `Refusal` if the service refuses, else with any error. */
interface Seat {
  enter(method: "start" | "join", customerName: string): Promise<Ticket>
  resume(ticket: Ticket): Promise<void>
  updateCart(customerId: string, n: number): Promise<void>
  setReady(customerId: string, isReady: boolean): Promise<void>
  leave(customerId: string): Promise<void>
  /** Whether its connection is another one than before, or none. */
  readonly isNew: boolean
  close(): void
}

interface Ticket {
  readonly customerId: string
  readonly resumeToken: string
}

/** The service's answer is no. */
class Refusal extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

export interface MemberOptions {
  readonly world: World
  readonly door: Door
  readonly kind: "old socket" | "page"
  readonly sessionId: string
  readonly label: string
  readonly pauseMs: number
  readonly seed: number
}

/** A member of a session that sets its cart and its flag, leaves and comes back, and resumes when its connection breaks. */
export class Member {
  readonly loop: Loop
  /** When the last step that succeeded began, by `performance.now()`. */
  succeededAt = 0
  readonly left: string[] = []
  readonly maybeIn: string[] = []
  readonly thrownOut: ThrownOut[] = []
  readonly #options: MemberOptions
  readonly #random: Random
  readonly #seat: Seat
  #ticket: Ticket | undefined
  #name = ""
  #entries = 0
  #number = 0
  #acknowledged = 0
  #isReady: boolean | undefined = false
  #answeredAt = 0

  constructor(options: MemberOptions) {
    this.#options = options
    this.#random = new Random(options.seed)
    this.#seat = options.kind === "page" ? new PageSeat(options) : new OldSeat(options)
    this.loop = new Loop(() => this.#step(), options.pauseMs)
  }

  get complaints(): readonly string[] {
    return this.#seat instanceof PageSeat ? this.#seat.complaints : []
  }

  /** Undefined while it does not take part, or does not know. */
  get evidence(): MemberEvidence | undefined {
    if (this.#ticket === undefined) return undefined
    const { customerId } = this.#ticket
    const [name, acknowledged, sent] = [this.#name, this.#acknowledged, this.#number]
    return { customerId, name, acknowledged, sent, isReady: this.#isReady }
  }

  /** What an old page shows; undefined for others, and before the first entry. */
  get watcher(): Watcher | undefined {
    const { sessionId, label } = this.#options
    if (!(this.#seat instanceof OldSeat) || this.#ticket === undefined) return undefined
    const seat = this.#seat
    return {
      name: `the old page of ${label}`,
      rid: `session.${sessionId}.present`,
      shows: () => seat.sees,
      stop: () => {},
    }
  }

  /** Forgets what was acknowledged, because stored data was deleted; the sessions may be there still. */
  forget(): void {
    this.#ticket = undefined
    this.left.length = 0
    this.maybeIn.push(this.#name)
    this.thrownOut.length = 0
  }

  async stop(): Promise<void> {
    await this.loop.stop()
    this.#seat.close()
  }

  async #step(): Promise<void> {
    const startedAt = performance.now()
    try {
      await this.#act()
      this.succeededAt = startedAt
      this.#answeredAt = performance.now()
    } catch (error) {
      if (error instanceof Refusal) this.#take(error.code)
    }
  }

  async #act(): Promise<void> {
    if (this.#ticket === undefined) return await this.#enter()
    if (this.#seat.isNew) await this.#seat.resume(this.#ticket)
    const { customerId } = this.#ticket
    if (this.#random.int(1, STEPS_PER_LEAVE) === 1) {
      this.maybeIn.push(this.#name)
      this.#ticket = undefined
      await this.#seat.leave(customerId)
      this.maybeIn.pop()
      this.left.push(customerId)
    } else if (this.#random.int(1, STEPS_PER_FLAG) === 1) {
      const isReady = this.#random.chance(0.7)
      this.#isReady = undefined
      await this.#seat.setReady(customerId, isReady)
      this.#isReady = isReady
    } else {
      const n = ++this.#number
      // Another cart ends its readiness.
      if (this.#isReady) this.#isReady = undefined
      await this.#seat.updateCart(customerId, n)
      this.#acknowledged = n
      this.#isReady = false
    }
  }

  async #enter(): Promise<void> {
    this.#name = `${this.#options.label}-${++this.#entries}`
    this.maybeIn.push(this.#name)
    this.#ticket = await this.#seat.enter("join", this.#name).catch((error) => {
      if (error instanceof Refusal && error.code === "session.notStarted") return this.#seat.enter("start", this.#name)
      throw error
    })
    this.maybeIn.pop()
    this.#number = 0
    this.#acknowledged = 0
    this.#isReady = false
  }

  #take(code: string): void {
    const isOut = ["session.notMember", "session.notYourCustomer", "session.wrongResumeToken"].includes(code)
    if (!isOut || this.#ticket === undefined) return
    const { world, door } = this.#options
    const doorAwayMs = Math.round(world.disturbedMs(door.victim, this.#answeredAt))
    this.thrownOut.push({ name: this.#name, code, doorAwayMs })
    this.#ticket = undefined
  }
}

/** A member with a socket of the old protocol. */
class OldSeat implements Seat {
  readonly #options: MemberOptions
  #page: Storefront | undefined
  #isSeated = false

  constructor(options: MemberOptions) {
    this.#options = options
  }

  get sees(): SharedCart[] | undefined {
    return this.#page?.sees
  }

  get isNew(): boolean {
    return this.#isClosed || !this.#isSeated
  }

  async enter(method: "start" | "join", customerName: string): Promise<Ticket> {
    const ticket = await this.#ask(`${method}Session`, { customerName }, `${method}Session`)
    this.#isSeated = true
    return ticket as Ticket
  }

  async resume({ customerId, resumeToken }: Ticket): Promise<void> {
    await this.#ask("resumeSession", { customerId, resumeToken }, "resumeSession")
    this.#isSeated = true
  }

  async updateCart(customerId: string, n: number): Promise<void> {
    await this.#ask("updateCart", { customerId, cartContent: { n } }, ({ owner, content }) => {
      return owner.id === customerId && numberIn(content) === n
    })
  }

  async setReady(customerId: string, isReady: boolean): Promise<void> {
    const payload = { customerId, customerReadyToCheckout: isReady }
    await this.#ask("customerReadyToCheckout", payload, ({ owner }) => {
      return owner.id === customerId && (owner.isHost || owner.isReadyToCheckout === isReady)
    })
  }

  async leave(customerId: string): Promise<void> {
    await this.#ask("leaveSession", { customerId }, "leaveSession")
  }

  close(): void {
    this.#page?.webSocket.terminate()
  }

  get #isClosed(): boolean {
    return this.#page === undefined || this.#page.webSocket.readyState > 1
  }

  /** Sends a message, and waits for the reply, or until the page is shown such a cart. */
  async #ask(event: string, payload: object, answer: string | ((cart: SharedCart) => boolean)): Promise<unknown> {
    if (this.#isClosed) {
      this.#isSeated = false
      this.#page = await this.#open()
    }
    const page = this.#page
    if (page === undefined) throw new Error("there is no socket")
    // All that was shown before; a long run would fill the memory.
    page.messages.splice(0, page.messages.length - 1)
    const from = page.messages.length
    page.send(event, payload)
    for (const end = performance.now() + ANSWER_MS; performance.now() < end && !this.#isClosed; await sleep(10)) {
      for (const message of page.messages.slice(from)) {
        if (message.event === "error") throw new Refusal(message.payload.code)
        if (typeof answer === "string" ? message.event === answer : page.sees?.some(answer)) return message.payload
      }
    }
    // The protocol has no request IDs: a late answer would be taken for that of the next message. Widgets connect again, too.
    page.webSocket.terminate()
    throw new Error(`no answer to ${event}`)
  }

  async #open(): Promise<Storefront> {
    const opening = Storefront.open(this.#options.door.url, this.#options.sessionId)
    const late = sleep(ANSWER_MS).then(() => {
      throw new Error("no socket")
    })
    return await Promise.race([opening, late])
  }
}

/** A member with resclient at a gateway. */
class PageSeat implements Seat {
  readonly #page: Page
  readonly #rid: string
  readonly #keeping: NodeJS.Timeout
  #ticket: Ticket | undefined
  isNew = true

  constructor({ door, sessionId }: MemberOptions) {
    this.#page = new Page(door)
    this.#rid = `session.${sessionId}.multicart`
    this.#page.onConnect(async () => {
      this.isNew = true
      if (this.#ticket !== undefined) await this.resume(this.#ticket).catch(() => {})
    })
    this.#keeping = setInterval(() => void this.#call("keepAlive").catch(() => {}), KEEP_ALIVE_MS)
  }

  get complaints(): readonly string[] {
    return this.#page.complaints
  }

  async enter(method: "start" | "join", customerName: string): Promise<Ticket> {
    this.#ticket = undefined
    this.#ticket = await this.#call<Ticket>(method, { customerName })
    this.isNew = false
    return this.#ticket
  }

  async resume({ customerId, resumeToken }: Ticket): Promise<void> {
    await this.#call("resume", { customerId, resumeToken })
    this.isNew = false
  }

  async updateCart(customerId: string, n: number): Promise<void> {
    await this.#call("updateCart", { customerId, cartContent: { n } })
  }

  async setReady(customerId: string, customerReadyToCheckout: boolean): Promise<void> {
    await this.#call("customerReadyToCheckout", { customerId, customerReadyToCheckout }).catch((error) => {
      // A host is refused while a guest is not ready, as it must be.
      if (!(error instanceof Refusal) || error.code !== "session.guestsNotReady") throw error
    })
  }

  async leave(customerId: string): Promise<void> {
    this.#ticket = undefined
    await this.#call("leave", { customerId })
  }

  close(): void {
    clearInterval(this.#keeping)
    this.#page.close()
  }

  async #call<T>(method: string, params?: object): Promise<T> {
    const late = sleep(ANSWER_MS, undefined, { ref: false }).then(() => {
      throw new Error(`no answer to ${method}`)
    })
    const calling = this.#page.call<T>(this.#rid, method, params).catch((error: { code?: string }) => {
      // Sent on a new connection, on which it could not resume yet.
      if (error.code === "session.notYourCustomer" && this.isNew) throw new Error(error.code)
      throw error.code?.startsWith("session.") ? new Refusal(error.code) : new Error(error.code)
    })
    return await Promise.race([calling, late])
  }
}
