import { MAX_CART_BYTES } from "../../contract/limits.ts"
import { backoffMs } from "../backoff.ts"
import { Emitter } from "./emitter.ts"
import { toJson } from "./json.ts"
import { changesBetween, type MemberChange } from "./members.ts"
import type { Remembered } from "./memory.ts"
import { type Incoming, type InviteLimits, type Member, type Outgoing, readMessage } from "./protocol.ts"

/** The longest pause between two attempts to connect, in ms. */
const GREATEST_PAUSE_MS = 15_000

/** Time in which the edge answers anything at all, in ms. After that the connection counts as dead. */
const DEFAULT_ANSWER_MS = 10_000
/** The widget pings the edge after this time without a message from it, in ms. */
const DEFAULT_QUIET_MS = 7000
/** Time for the edge to answer the ping, in ms: a dead connection is noticed within 11 s. */
const PING_ANSWER_MS = 4000
/** Interval of pings while the service does not answer, in ms. */
const PING_AGAIN_MS = 2000
/** Changes of the cart that come faster than this, in ms, are sent together. */
const CART_PAUSE_MS = 150
/** A page that does not speak for its customer waits this long, in ms: often the other page has already sent the same cart. */
const OTHER_PAGE_MS = 1000
/** A cart that could not be stored is sent again after this time, in ms, and up to as much again by chance. */
const CART_AGAIN_MS = 1000
/** Time that a farewell gets to be heard, in ms. */
const FAREWELL_MS = 2000

/** One connection to the edge, as the session uses it. */
export interface Socket {
  send(text: string): void
  close(): void
}

export interface SocketHandlers {
  opened(): void
  received(frame: unknown): void
  /** Called once, also when it never opened. */
  closed(): void
}

export interface ShoppingSessionOptions {
  readonly sessionId: string
  readonly customerName: string
  /** How a customer comes who is not remembered. */
  readonly how: "start" | "join"
  /** An invitation by the host, for a session that lets nobody in without. */
  readonly invite?: string | undefined
  /** Who the customer was before the page was loaded again. */
  readonly remembered?: Remembered | undefined
  readonly connect: (handlers: SocketHandlers) => Socket
  /** Time in ms after which a silent connection counts as dead. Default 10 s; 4 s for a ping. */
  readonly answerMs?: number
  /** Time in ms without a message from the edge before a ping. Default 7 s. */
  readonly quietMs?: number
  /** From 0 to 1; spreads the attempts to connect again. */
  readonly random?: () => number
}

/** Why a session is over: the customer left, was removed, or was refused with this code. */
export type Ending = "left" | "removed" | (string & {})

/** What a page shows of its session. */
export interface SessionState {
  /** `entering`: for the first time; `reconnecting`: what is shown may be old; `ended`: for good. */
  readonly phase: "entering" | "live" | "reconnecting" | "ended"
  /** The own one; undefined until the session is entered. */
  readonly customerId: string | undefined
  /** The host first, then in the order of joining. */
  readonly members: readonly Member[]
  /** The invitation that the customer came by, or, as the host, made last; undefined where knowing the id is enough. */
  readonly invite: string | undefined
  /** Another page of this browser has resumed the customer. Its changes count until something changes here. */
  readonly isElsewhere: boolean
  /** Only when it is over. */
  readonly ending: Ending | undefined
}

export interface SessionEvents {
  state: SessionState
  /** What is different since the last update, if anything is. Not for the first one. */
  changes: readonly MemberChange[]
  /** The customer is known to the edge, by this identity; again when there is another invitation. */
  entered: Remembered
  /** Something that the customer wanted was refused; codes are those of docs/errors.md. */
  refused: { readonly code: string; readonly message: string }
}

/** Something was refused; `code` as in docs/errors.md. */
export class RefusedError extends Error {
  override readonly name = "RefusedError"
  readonly code: string

  constructor(code: string) {
    super(`That was refused: ${code}`)
    this.code = code
  }
}

type Step = "start" | "join" | "resume"

/** Codes after which a customer is not the old one any more, and comes anew. */
const FORGOTTEN = new Set([
  "session.notMember",
  "session.wrongResumeToken",
  "session.notYourCustomer",
  "system.invalidParams",
])

/** Codes of refusals that pass with time: the same message may be sent again later. */
const LATER = new Set(["legacy.unavailable", "system.tooManyRequests"])

/** Codes by which an invitation is refused. */
const INVITE_REFUSALS = new Set(["session.notHost", "session.notMember", "system.invalidParams", ...LATER])

/**
 * One customer's part in one session, from entering it to the end, over however many connections. After the loss of one it
 * comes back as the same customer, or, where it was away for too long, anew under the same name, and sends its cart again.
 */
export class ShoppingSession {
  readonly events = new Emitter<SessionEvents>()
  readonly sessionId: string
  readonly #options: ShoppingSessionOptions
  readonly #random: () => number
  #state: SessionState
  #identity: Remembered | undefined
  /** Every id that the customer had: who comes anew is not told of itself. */
  readonly #ownIds = new Set<string>()
  #socket: Socket | undefined
  /** The steps that were tried on this connection; the last one is under way until it is entered. */
  #steps: Step[] = []
  #hasEntered = false
  #attempt = 0
  #cart: object | undefined
  /** As JSON, what this connection has sent of the cart. */
  #sentCart: string | undefined
  /** The customer is no longer in the list, and the page has asked to come back. */
  #hasAskedBack = false
  /** The cart of this page is newer than the one that the friends see. */
  #cartIsNews = false
  /** The last state from the edge. */
  #members: readonly Member[] = []
  /** The customer did something, for which it may be taken over from another page. */
  #mayTakeOver = false
  #lastAction: Outgoing | undefined
  #afterTakeOver: Outgoing | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #answer: ReturnType<typeof setTimeout> | undefined
  #quiet: ReturnType<typeof setTimeout> | undefined
  #cartPause: ReturnType<typeof setTimeout> | undefined
  #onFarewell: (() => void) | undefined
  /** Asks for invitations that are not answered yet, in their order. */
  readonly #inviting: { resolve(invite: string): void; reject(error: Error): void }[] = []

  constructor(options: ShoppingSessionOptions) {
    this.sessionId = options.sessionId
    this.#options = options
    this.#random = options.random ?? Math.random
    this.#identity = options.remembered
    const invite = options.invite ?? options.remembered?.invite
    this.#state = {
      phase: "entering",
      customerId: undefined,
      members: [],
      invite,
      isElsewhere: false,
      ending: undefined,
    }
    this.#connect()
  }

  get state(): SessionState {
    return this.#state
  }

  /** Shows friends another cart, soon. */
  setCart(cart: object): void {
    this.#cart = cart
    this.#cartIsNews = true
    this.#set({})
    if (this.#state.phase !== "live") return
    this.#mayTakeOver = true
    this.#cartPause ??= setTimeout(() => this.#sendCart(), this.#state.isElsewhere ? OTHER_PAGE_MS : CART_PAUSE_MS)
  }

  /** Says whether the customer is ready to check out. Does nothing while there is no connection. */
  setReady(customerReadyToCheckout: boolean): void {
    const { customerId } = this.#state
    if (customerId === undefined) return
    this.#act({ event: "customerReadyToCheckout", payload: { customerId, customerReadyToCheckout } })
  }

  /** Takes somebody out; only the host may. Does nothing while there is no connection. */
  kick(customerId: string): void {
    this.#act({ event: "kick", payload: { customerId } })
  }

  /** Makes an invitation, without which from now on nobody comes in; only the host may. Rejects with RefusedError. */
  createInvite(limits: InviteLimits = {}): Promise<string> {
    if (this.#state.phase !== "live") return Promise.reject(new RefusedError("legacy.unavailable"))
    return new Promise((resolve, reject) => {
      this.#inviting.push({ resolve, reject })
      this.#act({ event: "createInvite", payload: limits })
    })
  }

  /** Leaves, and resolves when the others know, or can not be told. */
  async leave(): Promise<void> {
    if (this.#state.phase === "live") {
      await new Promise<void>((resolve) => {
        this.#onFarewell = resolve
        setTimeout(resolve, FAREWELL_MS)
        this.#send({ event: "leaveSession" })
      })
    }
    this.#end("left")
  }

  /** Pings the edge, and replaces a connection that is silently dead. */
  probe(): void {
    if (this.#hasEntered) this.#ping()
    else this.reconnect()
  }

  /** Gives up the connection and connects at once, as when the device is online again. */
  reconnect(): void {
    if (this.#state.phase === "ended") return
    this.#drop()
    if (this.#state.phase === "live") this.#set({ phase: "reconnecting" })
    this.#connect()
  }

  /** Lets go of the connection without leaving: the customer can be resumed. */
  close(): void {
    this.#drop()
    clearTimeout(this.#retry)
  }

  #connect(): void {
    clearTimeout(this.#retry)
    this.#steps = []
    this.#hasEntered = false
    this.#hasAskedBack = false
    const isCurrent = (): boolean => this.#socket === socket
    const socket = this.#options.connect({
      opened: () => {
        if (isCurrent()) this.#enterBy(this.#firstStep())
      },
      received: (frame) => {
        const message = readMessage(frame)
        if (isCurrent() && message !== undefined) this.#onMessage(message)
      },
      closed: () => {
        if (isCurrent()) this.#lose()
      },
    })
    this.#socket = socket
    this.#expectAnswer()
  }

  #firstStep(): Step {
    if (this.#identity === undefined) return this.#options.how
    return this.#identity.resumeToken === undefined ? "join" : "resume"
  }

  #enterBy(step: Step): void {
    this.#steps.push(step)
    const { customerName } = this.#options
    const { invite } = this.#state
    switch (step) {
      case "start":
        this.#send({ event: "startSession", payload: { customerName, invite } })
        break
      case "join":
        this.#send({ event: "joinSession", payload: { customerName, invite } })
        break
      case "resume":
        this.#resume()
        break
    }
  }

  #resume(): void {
    const { customerId = "", resumeToken = "" } = this.#identity ?? {}
    this.#send({ event: "resumeSession", payload: { customerId, resumeToken } })
  }

  #onMessage(message: Incoming): void {
    this.#stopExpecting()
    this.#askAfter(this.#options.quietMs ?? DEFAULT_QUIET_MS)
    switch (message.event) {
      case "startSession":
      case "joinSession":
      case "resumeSession":
        this.#onEntered(message.customerId, message.resumeToken ?? this.#identity?.resumeToken)
        break
      case "leaveSession":
        this.#onFarewell?.()
        break
      case "createInvite":
        this.#onInvite(message.invite)
        break
      case "speaking":
        if (this.#hasEntered) this.#onSpeaking(message.isSpeaking)
        break
      case "ping":
        if (this.#hasEntered) this.#onPing(message.isLive)
        break
      case "multicartUpdate":
        if (this.#hasEntered) this.#onUpdate(message.members)
        break
      case "error":
        if (this.#hasEntered) this.#onRefused(message)
        else this.#onEntryRefused(message.code)
        break
    }
  }

  #onEntered(customerId: string, resumeToken: string | undefined): void {
    this.#hasEntered = true
    this.#hasAskedBack = false
    this.#attempt = 0
    this.#ownIds.add(customerId)
    // A page with an older state than the customer's other page must not undo its changes.
    const isBehind = this.#state.isElsewhere && !this.#cartIsNews
    this.#state = { ...this.#state, customerId, isElsewhere: false }
    this.#remember(customerId, resumeToken)
    this.#sentCart = isBehind ? toJson(this.#cart) : undefined
    this.#sendCart()
    const again = this.#afterTakeOver
    this.#afterTakeOver = undefined
    if (again !== undefined) this.#send(again)
  }

  #onSpeaking(isSpeaking: boolean): void {
    if (!isSpeaking) this.#cartIsNews = false
    this.#set({ isElsewhere: !isSpeaking })
  }

  #onPing(isLive: boolean): void {
    const { phase } = this.#state
    if (!isLive) {
      if (phase === "live") this.#set({ phase: "reconnecting" })
      this.#askAfter(PING_AGAIN_MS)
    } else if (phase === "reconnecting" && this.#members.length > 0) {
      this.#set({ phase: "live" })
      this.#sendCart()
    }
  }

  #onInvite(invite: string): void {
    const { customerId = "", resumeToken } = this.#identity ?? {}
    this.#set({ invite })
    this.#remember(customerId, resumeToken)
    this.#inviting.shift()?.resolve(invite)
  }

  #remember(customerId: string, resumeToken: string | undefined): void {
    const { sessionId, customerName } = this.#options
    this.#identity = { sessionId, customerName, customerId, resumeToken, invite: this.#state.invite }
    this.events.emit("entered", this.#identity)
  }

  #onUpdate(members: readonly Member[]): void {
    const before = this.#state
    const own = members.find(({ id }) => id === before.customerId)
    if (own === undefined) {
      // After its farewell a page has left on purpose. Otherwise the customer may only be absent because another page that spoke
      // for it has closed, and can be resumed.
      if (this.#onFarewell === undefined && !this.#hasAskedBack) this.#askBack()
      return
    }
    if (this.#cartIsNews && toJson(own.content) === toJson(this.#cart)) this.#cartIsNews = false
    this.#members = members
    this.#set({ phase: "live" })
    if (before.phase === "entering") return
    const changes = changesBetween(before.members, members).filter((change) => !this.#isOwnComing(change))
    if (changes.length > 0) this.events.emit("changes", changes)
  }

  #askBack(): void {
    this.#hasAskedBack = true
    this.#resume()
  }

  #isOwnComing(change: MemberChange): boolean {
    return (change.type === "joined" || change.type === "left") && this.#ownIds.has(change.member.id)
  }

  #onEntryRefused(code: string): void {
    const step = this.#steps.at(-1)
    const wasIn = this.#identity !== undefined
    const next = nextStep(step, code, wasIn)
    if (next !== undefined && !this.#steps.includes(next)) this.#enterBy(next)
    else if (next !== undefined || LATER.has(code)) this.#lose()
    else this.#end(code)
  }

  #onRefused({ code, message }: { readonly code: string; readonly message: string }): void {
    if (this.#hasAskedBack) {
      if (FORGOTTEN.has(code)) this.#end("removed")
      else this.#lose()
      return
    }
    if (code === "session.notYourCustomer" && this.#mayTakeOver) {
      // Another page of this browser has resumed the customer; the one that is used now has it.
      this.#mayTakeOver = false
      this.#afterTakeOver = this.#lastAction
      this.#resume()
      return
    }
    if (LATER.has(code)) {
      this.#sentCart = undefined
      this.#cartPause ??= setTimeout(() => this.#sendCart(), CART_AGAIN_MS * (1 + this.#random()))
      if (this.#lastAction === undefined) return
    }
    if (code === "session.cartTooLarge") this.#cartIsNews = false
    this.#lastAction = undefined
    if (INVITE_REFUSALS.has(code)) this.#inviting.shift()?.reject(new RefusedError(code))
    this.events.emit("refused", { code, message })
  }

  #act(action: Outgoing): void {
    if (this.#state.phase !== "live") return
    this.#mayTakeOver = true
    this.#lastAction = action
    if (this.#state.isElsewhere) {
      this.#afterTakeOver = action
      this.#resume()
    } else this.#send(action)
  }

  #sendCart(): void {
    clearTimeout(this.#cartPause)
    this.#cartPause = undefined
    const { customerId } = this.#state
    if (this.#cart === undefined || customerId === undefined || !this.#hasEntered) return
    const json = toJson(this.#cart)
    if (json === this.#sentCart) return
    if (this.#state.isElsewhere) {
      const own = this.#members.find(({ id }) => id === customerId)
      if (toJson(own?.content) !== json) this.#resume()
      return
    }
    this.#sentCart = json
    // Not sent: a frame that is much larger would cost the connection.
    if (new TextEncoder().encode(json).length > MAX_CART_BYTES) {
      this.#onRefused({ code: "session.cartTooLarge", message: `more than ${MAX_CART_BYTES} bytes` })
      return
    }
    this.#lastAction = undefined
    this.#send({ event: "updateCart", payload: { customerId, cartContent: this.#cart } })
  }

  #send(message: Outgoing): void {
    this.#socket?.send(toJson(message))
    this.#expectAnswer()
  }

  /** A browser does not notice a silently cut connection: the page would look live but stand still. */
  #ping(): void {
    this.#stopExpecting()
    this.#expectAnswer(this.#options.answerMs ?? PING_ANSWER_MS)
    this.#send({ event: "ping" })
  }

  #askAfter(ms: number): void {
    clearTimeout(this.#quiet)
    this.#quiet = setTimeout(() => this.#hasEntered && this.#ping(), ms)
  }

  /** A dead connection may look alive for minutes. But each message is answered: one that is not shows it. */
  #expectAnswer(ms = this.#options.answerMs ?? DEFAULT_ANSWER_MS): void {
    this.#answer ??= setTimeout(() => this.#lose(), ms)
  }

  #stopExpecting(): void {
    clearTimeout(this.#answer)
    this.#answer = undefined
  }

  #lose(): void {
    this.#drop()
    if (this.#onFarewell !== undefined) {
      this.#onFarewell()
      return
    }
    if (this.#state.phase === "live") this.#set({ phase: "reconnecting" })
    this.#retry = setTimeout(() => this.#connect(), backoffMs(this.#attempt++, GREATEST_PAUSE_MS, this.#random()))
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = undefined
    this.#hasEntered = false
    this.#stopExpecting()
    clearTimeout(this.#quiet)
    clearTimeout(this.#cartPause)
    this.#cartPause = undefined
    for (const { reject } of this.#inviting.splice(0)) reject(new RefusedError("legacy.unavailable"))
    socket?.close()
  }

  #end(ending: Ending): void {
    if (this.#state.phase === "ended") return
    this.close()
    this.#set({ phase: "ended", ending })
  }

  #set(fields: Partial<SessionState>): void {
    const { customerId } = this.#state
    const cart = this.#cartIsNews ? this.#cart : undefined
    const members = this.#members.map((member) =>
      cart !== undefined && member.id === customerId ? { ...member, content: cart } : member,
    )
    this.#state = { ...this.#state, members, ...fields }
    this.events.emit("state", this.#state)
  }
}

/** What to try after a refusal to enter; undefined when there is nothing. */
function nextStep(step: Step | undefined, code: string, wasIn: boolean): Step | undefined {
  if (step === "resume" && FORGOTTEN.has(code)) return "join"
  // Nobody is left, or nobody came back yet: who was in it opens it again for the others.
  if (step === "join" && code === "session.notStarted" && wasIn) return "start"
  if (step === "start" && code === "session.hostPresent") return "join"
  return undefined
}
