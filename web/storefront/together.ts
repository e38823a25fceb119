import {
  type AgreedChange,
  Emitter,
  type Ending,
  type GroupRequest,
  type GroupStatus,
  hostOf,
  type Invitation,
  type InviteLimits,
  invitationIn,
  inviteUrl,
  type Member,
  type MemberChange,
  type Memory,
  newSessionId,
  RefusedError,
  type SessionState,
  ShoppingSession,
  type Socket,
  type SocketHandlers,
} from "@shopwire/client/session"

/** The state that a page shows, and that `BuddyShopping.state` returns. */
export interface TogetherState {
  /** `idle`: in no session. `reconnecting`: what is shown may be old. */
  readonly phase: "idle" | "entering" | "live" | "reconnecting"
  /** The session that the customer is in, is invited to, or was in last. */
  readonly sessionId: string | undefined
  /** True if a friend's link or the shop's script led to the session; false for the customer who started it. */
  readonly isInvited: boolean
  /** The name of the host who invites; undefined while it is not known, and without an invitation. */
  readonly invitedBy: string | undefined
  /** The link that invites friends to the session; undefined while `idle`. */
  readonly inviteUrl: string | undefined
  readonly customerId: string | undefined
  /** The host first, then in the order of joining; empty while `idle`. */
  readonly members: readonly Member[]
  /** The host's invitation, with which the customer joined or which it made; undefined if the session's ID is enough to join. */
  readonly invite: string | undefined
  /** True if another page of this browser made the customer's last change. */
  readonly isElsewhere: boolean
  /** The customer's cart as friends see it; older than the own member's `content` while changes are not sent. */
  readonly sharedCart: unknown
  /** What members share beside their carts; undefined while `idle`, and if the server is too old for that. */
  readonly status: GroupStatus | undefined
  /** How far the server's clock is ahead of this device's, in ms. */
  readonly clockAheadMs: number
  /** Why the last session ended; undefined if none has. */
  readonly ending: Ending | undefined
}

export interface TogetherEvents {
  /** Something has changed. */
  change: TogetherState
  /** Another member joined, left, is ready or no longer ready, or is the host now. */
  joined: Member
  left: Member
  ready: Member
  notReady: Member
  host: Member
  /** Everybody is ready now. */
  allReady: undefined
  /** The session is over for this customer. */
  ended: { readonly ending: Ending }
  /** The customer's cart has changed by what members agreed on. */
  agreed: AgreedChange
  /** Something that the customer wanted was refused; codes are those of docs/errors.md. */
  refused: { readonly code: string; readonly message: string }
}

export interface TogetherOptions {
  readonly memory: Memory
  readonly connect: (sessionId: string, handlers: SocketHandlers) => Socket
  /** The shop whose currency counts, if it has a profile at the server. */
  readonly shopId?: string | undefined
  /** Returns the current address of the page to which friends are invited. */
  readonly page: () => string
}

/** Shopping together on one page. The customer is in at most one session at a time, and stays in it across reloads. */
export class Together {
  readonly events = new Emitter<TogetherEvents>()
  readonly #options: TogetherOptions
  #session: ShoppingSession | undefined
  #sessionId: string | undefined
  #isInvited = false
  #invitedBy: string | undefined
  #invite: string | undefined
  #ending: Ending | undefined
  #cart: object | undefined

  constructor(options: TogetherOptions) {
    this.#options = options
  }

  /**
   * Continues the session that the customer was in before a reload. An invitation to another session takes precedence, but needs
   * the customer's consent: joining shows the cart to others.
   *
   * @param address the address with which the page was loaded
   */
  begin(address: string): void {
    const invitation = invitationIn(address)
    const remembered = this.#options.memory.load()
    this.#takeInvitation(invitation)
    if (remembered === undefined || (invitation !== undefined && invitation.sessionId !== remembered.sessionId)) {
      void this.#askWhoInvites()
      return
    }
    this.#isInvited = false
    this.#enter(
      new ShoppingSession({
        sessionId: remembered.sessionId,
        customerName: remembered.customerName,
        how: "join",
        remembered,
        shopId: this.#options.shopId,
        connect: (handlers) => this.#options.connect(remembered.sessionId, handlers),
      }),
    )
  }

  /**
   * Reads the page's new address, for example after `history.pushState`.
   *
   * @returns whether the address contains a new invitation and the customer is in no session
   */
  look(address: string): boolean {
    const invitation = invitationIn(address)
    const hasLeft = isFinal(this.#ending)
    const isNew = invitation !== undefined && (hasLeft || invitation.sessionId !== this.#sessionId)
    const isInvited = isNew && this.#session === undefined
    if (isInvited) {
      this.#takeInvitation(invitation)
      this.#ending = undefined
      void this.#askWhoInvites()
    }
    // The invite link may have changed too.
    this.events.emit("change", this.state)
    return isInvited
  }

  get state(): TogetherState {
    const session = this.#session?.state
    return {
      phase: session === undefined || session.phase === "ended" ? "idle" : session.phase,
      sessionId: this.#sessionId,
      isInvited: this.#isInvited,
      invitedBy: this.#invitedBy,
      inviteUrl:
        session === undefined || this.#sessionId === undefined
          ? undefined
          : inviteUrl(this.#options.page(), { sessionId: this.#sessionId, invite: session.invite }),
      customerId: session?.customerId,
      members: session?.members ?? [],
      invite: session === undefined ? this.#invite : session.invite,
      isElsewhere: session?.isElsewhere ?? false,
      sharedCart: session?.sharedCart,
      status: session?.status,
      clockAheadMs: session?.clockAheadMs ?? 0,
      ending: this.#ending,
    }
  }

  /** Starts a session: a new one, unless an ID is given. Leaves the current one first. Rejects with RefusedError. */
  start(customerName: string, sessionId: string = newSessionId()): Promise<void> {
    return this.#come("start", customerName, sessionId)
  }

  /**
   * Joins a session that somebody has started. Leaves the current one first. Rejects with RefusedError.
   *
   * @param invite an invitation. Default: the one in the page's address, if it is for this session
   */
  join(customerName: string, sessionId: string, invite?: string): Promise<void> {
    return this.#come("join", customerName, sessionId, invite)
  }

  /** Makes an invite link; from then on nobody can join without one. Only the host may. Rejects with RefusedError. */
  async createInvite(limits: InviteLimits = {}): Promise<string> {
    const invite = await this.#session?.createInvite(limits)
    if (invite === undefined || this.#sessionId === undefined) throw new RefusedError("session.notMember")
    return inviteUrl(this.#options.page(), { sessionId: this.#sessionId, invite })
  }

  setCart(cart: object): void {
    this.#cart = cart
    this.#session?.setCart(cart)
  }

  setReady(isReady: boolean): void {
    this.#session?.setReady(isReady)
  }

  /** Says that the page is hidden or has had no input for a while, or that it is used again. */
  setIdle(isIdle: boolean): void {
    this.#session?.setIdle(isIdle)
  }

  kick(customerId: string): void {
    this.#session?.kick(customerId)
  }

  /** Asks for something beside the carts, such as a lock. Rejects with RefusedError. */
  async request(request: GroupRequest): Promise<void> {
    if (this.#session === undefined) throw new RefusedError("session.notMember")
    await this.#session.request(request)
  }

  /** Says that the customer pays for all, if the server is new enough to know that. Rejects with RefusedError. */
  async beginCheckout(): Promise<void> {
    const { status, customerId } = this.state
    if (status === undefined || customerId === undefined) return
    if (status.phase === "checkingOut" && status.payer === customerId) return
    await this.request({ event: "beginCheckout", payload: { customerId } })
  }

  /** Says that the customer has placed the order, if it was paying for the group. */
  completeOwnCheckout(orderRef: string | undefined): void {
    const { status, customerId } = this.state
    if (status?.phase !== "checkingOut" || status.payer !== customerId) return
    // A refusal has an event of its own.
    this.request({ event: "completeCheckout", payload: { order_ref: orderRef } }).catch(() => {})
  }

  async leave(): Promise<void> {
    await this.#session?.leave()
  }

  /** Connects again at once, as when the device is online again: the old connection belongs to the old network. */
  reconnect(): void {
    this.#session?.reconnect()
  }

  /** Checks whether the connection still works. */
  probe(): void {
    this.#session?.probe()
  }

  async #come(how: "start" | "join", customerName: string, sessionId: string, given?: string): Promise<void> {
    const invite = given ?? (sessionId === this.#sessionId ? this.#invite : undefined)
    const isInvited = how === "join" || (sessionId === this.#sessionId && this.#isInvited)
    await this.leave()
    const session = new ShoppingSession({
      sessionId,
      customerName,
      how,
      invite,
      shopId: this.#options.shopId,
      connect: (handlers) => this.#options.connect(sessionId, handlers),
    })
    const entered = new Promise<void>((resolve, reject) => {
      session.events.on("state", ({ phase, ending }) => {
        if (phase === "live") resolve()
        if (phase === "ended") reject(new RefusedError(ending ?? "left"))
      })
    })
    this.#isInvited = isInvited
    this.#enter(session)
    await entered
  }

  #enter(session: ShoppingSession): void {
    this.#session = session
    this.#invite = session.state.invite
    this.#sessionId = session.sessionId
    this.#ending = undefined
    if (this.#cart !== undefined) session.setCart(this.#cart)
    session.events.on("entered", (identity) => this.#options.memory.save(identity))
    session.events.on("state", (state) => this.#onState(session, state))
    session.events.on("changes", (changes) => this.#tell(changes))
    session.events.on("agreed", (change) => this.events.emit("agreed", change))
    session.events.on("refused", (refusal) => this.events.emit("refused", refusal))
    this.events.emit("change", this.state)
  }

  #takeInvitation(invitation: Invitation | undefined): void {
    this.#sessionId = invitation?.sessionId
    this.#invite = invitation?.invite
    this.#isInvited = invitation !== undefined
    this.#invitedBy = undefined
  }

  async #askWhoInvites(): Promise<void> {
    const [sessionId, invite] = [this.#sessionId, this.#invite]
    if (sessionId === undefined) return
    const host = await hostOf((handlers) => this.#options.connect(sessionId, handlers), invite)
    if (host === undefined || sessionId !== this.#sessionId) return
    this.#invitedBy = host
    this.events.emit("change", this.state)
  }

  #onState(session: ShoppingSession, { phase, ending }: SessionState): void {
    if (session !== this.#session) return
    if (phase === "ended") {
      this.#session = undefined
      this.#ending = ending
      this.#options.memory.clear()
    }
    this.events.emit("change", this.state)
    if (phase === "ended") this.events.emit("ended", { ending: ending ?? "left" })
  }

  #tell(changes: readonly MemberChange[]): void {
    for (const change of changes) {
      if (change.type === "allReady") this.events.emit("allReady", undefined)
      else this.events.emit(change.type, change.member)
    }
  }
}

/** True if the customer left or was removed: then the same link invites it only again by its own doing. */
export function isFinal(ending: Ending | undefined): boolean {
  return ending === "left" || ending === "leftElsewhere" || ending === "removed"
}
