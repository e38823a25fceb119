import { MAX_CART_BYTES } from "../../../../contract/limits.ts"
import { isRecord } from "../../../../contract/record.ts"
import { EdgeLink, type EdgeLinkOptions } from "./edge-link.ts"
import { EdgeRequests } from "./edge-requests.ts"
import { Emitter } from "./emitter.ts"
import { Entry, type EntryStep } from "./entry.ts"
import { toJson } from "./json.ts"
import { LastAction } from "./last-action.ts"
import { changesBetween, type MemberChange, withStatus } from "./members.ts"
import type { Remembered } from "./memory.ts"
import { OwnCart } from "./own-cart.ts"
import type { GroupRequest, GroupStatus, Incoming, InviteLimits, Member, Outgoing, Refusal } from "./protocol.ts"
import { holdsCarts, isForgotten, passesWithTime, RefusedError, refusesInvite } from "./refusals.ts"

/** Interval of pings while the service does not answer, in ms. */
const PING_AGAIN_MS = 2000
/** Changes of the cart within this time, in ms, are sent together. */
const CART_PAUSE_MS = 150
/** A page that does not speak for the customer waits this long with its cart, in ms: often the other page sends the same cart. */
const OTHER_PAGE_MS = 1000
/** A cart that could not be stored is sent again after one to two times this time, in ms. */
const CART_AGAIN_MS = 1000
/** Time to wait for the edge to confirm that the customer leaves, in ms. */
const FAREWELL_MS = 2000

export interface ShoppingSessionOptions extends EdgeLinkOptions {
  readonly sessionId: string
  readonly customerName: string
  /** How the customer enters if it was not in the session before. */
  readonly how: "start" | "join"
  /** An invitation from the host, for a session that nobody can join without one. */
  readonly invite?: string | undefined
  /** The shop whose currency counts, if it has a profile at the server. */
  readonly shopId?: string | undefined
  /** Who the customer was before a reload. */
  readonly remembered?: Remembered | undefined
}

/** Why a session is over: the customer left, here or in another window; was removed; or was refused with this code. */
export type Ending = "left" | "leftElsewhere" | "removed" | (string & {})

/** The state of a session, as a page shows it. */
export interface SessionState {
  /** `entering`: for the first time; `reconnecting`: what is shown may be old; `ended`: for good. */
  readonly phase: "entering" | "live" | "reconnecting" | "ended"
  /** The customer's own ID; undefined until the session is entered. */
  readonly customerId: string | undefined
  /** The host first, then in the order of joining. */
  readonly members: readonly Member[]
  /** The invitation by which the customer came, or which it made last as the host; undefined where the session's ID is enough. */
  readonly invite: string | undefined
  /** Another page of this browser has resumed the customer. Its changes count until something changes here. */
  readonly isElsewhere: boolean
  /** The customer's cart as friends see it; older than the own member's `content` while changes are not sent. */
  readonly sharedCart: unknown
  /** What members share beside their carts; undefined if the server is too old for that. */
  readonly status: GroupStatus | undefined
  /** How far the server's clock is ahead of this device's, in ms. */
  readonly clockAheadMs: number
  /** Undefined until the session is over. */
  readonly ending: Ending | undefined
}

/** A change of the customer's cart that members have agreed on, such as a line that a friend has given. */
export interface AgreedChange {
  readonly before: object
  readonly after: object
}

export interface ShoppingSessionEvents {
  state: SessionState
  /** The changes since the last update, if there are any. Not sent for the first update. */
  changes: readonly MemberChange[]
  /** The edge knows the customer by this identity. Sent again when there is another invitation. */
  entered: Remembered
  /** The customer's cart has changed at the server. The page's own cart should follow, else it takes the change back when it is sent next. */
  agreed: AgreedChange
  /** Something that the customer wanted was refused; codes are those of docs/errors.md. */
  refused: { readonly code: string; readonly message: string }
}

/**
 * One customer's part in one session, from entering it to the end, over however many connections. After a lost connection the customer
 * comes back as the same member, or joins again under the same name after too long an absence, and sends its cart again.
 */
export class ShoppingSession {
  readonly events = new Emitter<ShoppingSessionEvents>()
  readonly sessionId: string
  readonly #options: ShoppingSessionOptions
  readonly #link: EdgeLink
  readonly #cart = new OwnCart(() => this.#sendCart())
  readonly #lastAction = new LastAction()
  readonly #requests = new EdgeRequests()
  /** Every ID that the customer has had, so that it is not told of itself after joining again. */
  readonly #ownIds = new Set<string>()
  #state: SessionState
  #identity: Remembered | undefined
  #entry: Entry
  /** The members as the edge sent them last; `state` shows the own one with the newest cart. */
  #members: readonly Member[] = []
  /** The customer is missing in the list, and the page has tried to resume it. */
  #hasAskedBack = false
  #isIdle = false
  #onFarewell: (() => void) | undefined

  constructor(options: ShoppingSessionOptions) {
    this.sessionId = options.sessionId
    this.#options = options
    this.#identity = options.remembered
    this.#entry = new Entry(options.how, this.#identity)
    const invite = options.invite ?? options.remembered?.invite
    this.#state = {
      phase: "entering",
      customerId: undefined,
      members: [],
      invite,
      isElsewhere: false,
      sharedCart: undefined,
      status: undefined,
      clockAheadMs: 0,
      ending: undefined,
    }
    this.#link = new EdgeLink(options, {
      onOpen: () => this.#enter(),
      onMessage: (message) => this.#onMessage(message),
      onLoss: () => this.#lose(),
    })
    this.#link.connect()
  }

  get state(): SessionState {
    return this.#state
  }

  /** Shows friends another cart, soon. */
  setCart(cart: object): void {
    this.#cart.set(cart)
    this.#set({})
    if (this.#isHeld) {
      this.events.emit("refused", {
        code: `session.${this.#state.status?.phase}`,
        message: "the cart is not shared yet",
      })
      return
    }
    if (this.#state.phase !== "live") return
    this.#lastAction.allowTakeOver()
    this.#cart.sendSoon(this.#state.isElsewhere ? OTHER_PAGE_MS : CART_PAUSE_MS)
  }

  /** Says whether the customer is ready to check out. Does nothing while there is no connection. */
  setReady(customerReadyToCheckout: boolean): void {
    const { customerId, members, isElsewhere } = this.#state
    if (customerId === undefined) return
    // Ready is said of the cart that the customer sees.
    if (!isElsewhere) this.#sendCart()
    const own = members.find(({ id }) => id === customerId)
    // A page without a cart has nothing to sign.
    const isShown = this.#cart.content !== undefined && !this.#cart.isNews
    if (customerReadyToCheckout) this.#sayReady(isShown ? own?.version : undefined)
    else this.#act({ event: "customerReadyToCheckout", payload: { customerId, customerReadyToCheckout } })
  }

  /** Asks for something beside the carts, such as a lock. Rejects with RefusedError. */
  async request(request: GroupRequest): Promise<void> {
    if (this.#state.phase !== "live") throw new RefusedError("legacy.unavailable")
    const answer = this.#requests.add(request.event)
    this.#act(request)
    await answer
  }

  /** Says that the page is hidden or has had no input for a while, or that it is used again. */
  setIdle(isIdle: boolean): void {
    this.#isIdle = isIdle
    const { phase, customerId, isElsewhere, status } = this.#state
    // Of a customer who uses another page, this page knows nothing.
    if (phase !== "live" || customerId === undefined || isElsewhere || status === undefined) return
    this.#link.send({ event: "setIdle", payload: { customerId, idle: isIdle } })
  }

  /** Removes a member; only the host may. Does nothing while there is no connection. */
  kick(customerId: string): void {
    this.#act({ event: "kick", payload: { customerId } })
  }

  /** Makes an invitation; from then on nobody can join without one. Only the host may. Rejects with RefusedError. */
  createInvite(limits: InviteLimits = {}): Promise<string> {
    if (this.#state.phase !== "live") return Promise.reject(new RefusedError("legacy.unavailable"))
    const answer = this.#requests.add("createInvite")
    this.#act({ event: "createInvite", payload: limits })
    return answer.then(({ invite }) => invite)
  }

  /** Leaves, and resolves when the others know, or cannot be told. */
  async leave(): Promise<void> {
    if (this.#state.phase === "live") {
      await new Promise<void>((resolve) => {
        this.#onFarewell = resolve
        setTimeout(resolve, FAREWELL_MS)
        this.#link.send({ event: "leaveSession" })
      })
    }
    this.#end("left")
  }

  /** Pings the edge, and replaces a connection that is silently dead. */
  probe(): void {
    if (this.#link.hasEntered) this.#link.ping()
    else this.reconnect()
  }

  /** Gives up the connection and connects at once, as when the device is online again. */
  reconnect(): void {
    if (this.#state.phase === "ended") return
    this.close()
    if (this.#state.phase === "live") this.#set({ phase: "reconnecting" })
    this.#link.connect()
  }

  /** Lets go of the connection without leaving: the customer can be resumed. */
  close(): void {
    this.#link.drop()
    this.#cart.cancelSending()
    this.#requests.rejectAll("legacy.unavailable")
  }

  #enter(): void {
    this.#hasAskedBack = false
    this.#entry = new Entry(this.#options.how, this.#identity)
    this.#enterBy(this.#entry.step)
  }

  #enterBy(step: EntryStep): void {
    const { customerName, shopId } = this.#options
    const payload = { customerName, invite: this.#state.invite, client: "widget" } as const
    if (step === "resume") this.#resume()
    else if (step === "start") this.#link.send({ event: "startSession", payload: { ...payload, shop_id: shopId } })
    else this.#link.send({ event: "joinSession", payload })
  }

  #resume(): void {
    const { customerId = "", resumeToken = "" } = this.#identity ?? {}
    this.#link.send({ event: "resumeSession", payload: { customerId, resumeToken } })
  }

  #onMessage(message: Incoming): void {
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
        if (this.#link.hasEntered) this.#onSpeaking(message.isSpeaking)
        break
      case "ping":
        if (message.now !== undefined) this.#set({ clockAheadMs: Date.parse(message.now) - Date.now() })
        if (this.#link.hasEntered) this.#onPing(message.isLive)
        break
      case "sessionStatus":
        if (this.#link.hasEntered) this.#onStatus(message.status)
        break
      case "multicartUpdate":
        if (this.#link.hasEntered) this.#onUpdate(message.members)
        break
      case "error":
        if (this.#link.hasEntered) this.#onRefused(message)
        else this.#onEntryRefused(message.code)
        break
      default:
        this.#requests.resolveNext(message.event, {})
    }
  }

  #onEntered(customerId: string, resumeToken: string | undefined): void {
    this.#link.markEntered()
    this.#hasAskedBack = false
    this.#ownIds.add(customerId)
    // What the customer's other page has changed, or friends have agreed on, must not be undone.
    const isKnown = this.#state.isElsewhere || customerId === this.#state.customerId
    const isBehind = isKnown && !this.#cart.isNews
    this.#state = { ...this.#state, customerId, isElsewhere: false }
    this.#remember(customerId, resumeToken)
    if (isBehind) this.#cart.markSent()
    else this.#cart.markUnsent()
    this.#sendCart()
    const repetition = this.#lastAction.repetition()
    if (repetition !== undefined) this.#link.send(repetition)
    this.#link.send({ event: "watchStatus" })
    // It tells the server's clock.
    this.#link.ping()
  }

  #onSpeaking(isSpeaking: boolean): void {
    if (!isSpeaking) this.#cart.markShown()
    this.#set({ isElsewhere: !isSpeaking })
  }

  #onPing(isLive: boolean): void {
    const { phase } = this.#state
    if (!isLive) {
      if (phase === "live") this.#set({ phase: "reconnecting" })
      this.#link.pingAfter(PING_AGAIN_MS)
    } else if (phase === "reconnecting" && this.#members.length > 0) {
      this.#set({ phase: "live" })
      this.#sendCart()
    }
  }

  #onInvite(invite: string): void {
    const { customerId = "", resumeToken } = this.#identity ?? {}
    this.#set({ invite })
    this.#remember(customerId, resumeToken)
    this.#requests.resolveNext("createInvite", { invite })
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
      // Unless the page has left on purpose, the customer may only be absent because another page that spoke for it has closed.
      // Then it can be resumed.
      if (this.#onFarewell === undefined && !this.#hasAskedBack) this.#askBack()
      return
    }
    const change = this.#agreedChange(own.content)
    if (this.#cart.isNews && this.#cart.isEqualTo(own.content)) this.#cart.markShown()
    this.#members = members
    this.#set({ phase: "live" })
    this.#tellChanges(before)
    if (change === undefined) return
    this.#cart.markUnsent()
    this.events.emit("agreed", change)
  }

  /** How friends have changed the customer's cart; undefined: they have not, or the page has a newer one. */
  #agreedChange(after: unknown): AgreedChange | undefined {
    const { sharedCart: before, isElsewhere } = this.#state
    if (this.#cart.content === undefined || this.#cart.isNews || isElsewhere) return undefined
    if (!isRecord(before) || !isRecord(after) || this.#cart.isEqualTo(after)) return undefined
    return toJson(before) === toJson(after) ? undefined : { before, after }
  }

  #onStatus(status: GroupStatus): void {
    const before = this.#state
    this.#set({ status })
    if (before.status === undefined && this.#isIdle) this.setIdle(true)
    this.#tellChanges(before)
    if (status.phase === "shopping" && before.status?.phase !== "shopping") this.#sendCart()
  }

  #tellChanges(before: SessionState): void {
    if (before.phase === "entering") return
    const changes = changesBetween(before.members, this.#state.members).filter((change) => !this.#isOwnComing(change))
    if (changes.length > 0) this.events.emit("changes", changes)
  }

  /** The carts cannot be changed now. The page's own is sent when they can. */
  get #isHeld(): boolean {
    const { status } = this.#state
    return status !== undefined && status.phase !== "shopping"
  }

  #askBack(): void {
    this.#hasAskedBack = true
    this.#resume()
  }

  #isOwnComing(change: MemberChange): boolean {
    return (change.type === "joined" || change.type === "left") && this.#ownIds.has(change.member.id)
  }

  #onEntryRefused(code: string): void {
    const next = this.#entry.next(code)
    if (next === "later") this.#lose()
    else if (next === "never") this.#end(code)
    else this.#enterBy(next)
  }

  #onRefused(refusal: Refusal): void {
    const { code, message, request, data } = refusal
    if (this.#hasAskedBack) {
      if (isForgotten(code)) this.#end(this.#state.isElsewhere ? "leftElsewhere" : "removed")
      else this.#lose()
      return
    }
    if (request === "setIdle") return
    // An older edge knows no status.
    if (code === "legacy.unknownEvent") {
      this.#set({ status: undefined })
      return
    }
    // Another page of this browser has resumed the customer; the page that is used now takes it back.
    if (code === "session.notYourCustomer" && this.#lastAction.takeOver()) {
      this.#resume()
      return
    }
    // The version that the page knew was an older one of the same cart.
    const isSigning = request === "customerReadyToCheckout" && code === "session.cartChanged"
    if (isSigning && isRecord(data) && this.#cart.isEqualTo(data.content)) {
      this.#sayReady(String(data.version))
      return
    }
    if (request !== undefined) this.#requests.rejectNext(request, code, data)
    else if (refusesInvite(code)) this.#requests.rejectNext("createInvite", code)
    if (passesWithTime(code)) {
      this.#cart.markUnsent()
      this.#cart.sendSoon(CART_AGAIN_MS * (1 + this.#link.random()))
      if (!this.#lastAction.isOpen) return
    }
    if (code === "session.cartTooLarge") this.#cart.markShown()
    if (request === "updateCart" && holdsCarts(code)) this.#cart.markUnsent()
    this.#lastAction.end()
    this.events.emit("refused", { code, message })
  }

  /** `version`: that of the cart for which the customer is ready; undefined where it is not known. */
  #sayReady(version: string | undefined): void {
    const { customerId = "" } = this.#state
    this.#act({ event: "customerReadyToCheckout", payload: { customerId, customerReadyToCheckout: true, version } })
  }

  #act(action: Outgoing): void {
    if (this.#state.phase !== "live") return
    this.#lastAction.begin(action)
    if (this.#state.isElsewhere) {
      this.#lastAction.repeatLater()
      this.#resume()
    } else this.#link.send(action)
  }

  #sendCart(): void {
    this.#cart.cancelSending()
    const { customerId } = this.#state
    const { unsent } = this.#cart
    if (unsent === undefined || customerId === undefined || !this.#link.hasEntered || this.#isHeld) return
    if (this.#state.isElsewhere) {
      const own = this.#members.find(({ id }) => id === customerId)
      if (!this.#cart.isEqualTo(own?.content)) this.#resume()
      return
    }
    this.#cart.markSent()
    // It is not sent, as the edge would close the connection after a frame that is much larger.
    if (new TextEncoder().encode(unsent.json).length > MAX_CART_BYTES) {
      this.#onRefused({ code: "session.cartTooLarge", message: `more than ${MAX_CART_BYTES} bytes` })
      return
    }
    this.#lastAction.end()
    this.#link.send({ event: "updateCart", payload: { customerId, cartContent: unsent.content } })
  }

  #lose(): void {
    this.close()
    if (this.#onFarewell !== undefined) {
      this.#onFarewell()
      return
    }
    if (this.#state.phase === "live") this.#set({ phase: "reconnecting" })
    this.#link.connectLater()
  }

  #end(ending: Ending): void {
    if (this.#state.phase === "ended") return
    this.close()
    this.#set({ phase: "ended", ending })
  }

  #set(fields: Partial<SessionState>): void {
    const { customerId, members: before } = this.#state
    const status = "status" in fields ? fields.status : this.#state.status
    const cart = this.#cart.isNews ? this.#cart.content : undefined
    const members = withStatus(this.#members, status, before).map((member) =>
      cart !== undefined && member.id === customerId ? { ...member, content: cart } : member,
    )
    const sharedCart = this.#members.find(({ id }) => id === customerId)?.content
    this.#state = { ...this.#state, members, sharedCart, ...fields }
    this.events.emit("state", this.#state)
  }
}
