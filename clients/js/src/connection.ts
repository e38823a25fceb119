import type { AnswerOf, AnyContract, MethodOf, ParamsOf, PartsOf } from "res-service/contract"
import { auth, type User } from "../../../contract/shopwire.ts"
import { Backoff } from "./backoff.ts"
import { type Failure, failureOf, isUnanswered } from "./failure.ts"
import { GatewaySocket, type WebSocketLike } from "./gateway-socket.ts"
import { Observable } from "./observable.ts"
import { onPageReturn } from "./page-return.ts"
import { Probe } from "./probe.ts"
import { ResClient } from "./resclient.ts"
import { UNSUBSCRIBE_DELAY_MS } from "./watch.ts"
import { Watches } from "./watches.ts"

/** The resource for logins. */
const AUTH = auth.name({})

/** The same for a model that leaves its collection while it is shown, in ms: then it is subscribed to directly. */
const SUBSCRIBE_STALE_DELAY_MS = 100
/** The longest pause before another attempt to connect, in ms. */
const GREATEST_PAUSE_MS = 8000
/** Time to connect and to sign in, in ms; browsers would wait for minutes. */
const CONNECT_TIMEOUT_MS = 10_000

/**
 * The state of the connection. A page is up to date only while it is `live`.
 * - `connecting`: it was never there
 * - `live`: connected, and the service answers
 * - `reconnecting`: lost at `since`
 * - `unanswered`: connected to the gateway, but the service does not answer since `since`
 */
export type ConnectionState =
  | { readonly kind: "connecting" | "live" }
  | { readonly kind: "reconnecting" | "unanswered"; readonly since: Date }

/** `refused`: the service refused the token. */
export type AuthState =
  | { readonly kind: "anonymous" }
  | { readonly kind: "signedIn"; readonly user: User }
  | { readonly kind: "refused"; readonly failure: Failure }

export interface ConnectionOptions {
  /**
   * Opens a WebSocket. Default: the global `WebSocket`. Node 20 has none; with the package `ws`:
   * `(url) => new WebSocket(url)`.
   */
  readonly webSocket?: (url: string) => WebSocketLike
}

/** A user of the connection: a watched resource, or a pending call. */
export interface Follower {
  /** Connected, and signed in if there is a token; also after a sign-in as somebody else. */
  readonly onReady: () => void
  /** No longer connected. Pending requests get no answer. */
  readonly onLost: () => void
}

/**
 * A connection to the gateway that reconnects by itself, after growing, random pauses.
 *
 * resclient speaks the protocol. It would reconnect at once (all pages at the same moment), only while it has resources, and
 * nobody could tell which of them are up to date again; so reconnecting and subscribing again is done here and by `Watch`.
 */
export class Connection {
  readonly client: ResClient
  readonly state = new Observable<ConnectionState>({ kind: "connecting" })
  readonly auth = new Observable<AuthState>({ kind: "anonymous" })
  readonly watches = new Watches(this)
  readonly #followers = new Set<Follower>()
  readonly #backoff = new Backoff(GREATEST_PAUSE_MS)
  readonly #webSocket: (url: string) => WebSocketLike
  readonly #hasWebSocket: boolean
  #token: string | undefined
  #ready = false
  #socket: GatewaySocket | undefined
  #probe: Probe | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #patience: ReturnType<typeof setTimeout> | undefined
  #running = false
  #endPageReturns: () => void = () => {}

  /** @param url of the gateway, `ws:` or `wss:` */
  constructor(url: string, { webSocket }: ConnectionOptions = {}) {
    this.#hasWebSocket = webSocket !== undefined || typeof WebSocket !== "undefined"
    this.#webSocket = webSocket ?? ((to) => new WebSocket(to))
    this.client = new ResClient(() => this.#open(url), {
      subscribeStaleDelay: SUBSCRIBE_STALE_DELAY_MS,
      unsubscribeDelay: UNSUBSCRIBE_DELAY_MS,
    })
    // Before anything else on a connection, so that subscriptions are made with the token.
    this.client.setOnConnect(() => (this.#token === undefined ? undefined : this.#showToken(this.#token)))
  }

  get ready(): boolean {
    return this.#ready
  }

  /**
   * Connects, and reconnects from then on.
   *
   * @throws {TypeError} there is no global `WebSocket`, and none was given
   */
  start(): void {
    if (this.#running) return
    if (!this.#hasWebSocket)
      throw new TypeError("there is no WebSocket here: give the option webSocket, e.g. one of the package ws")
    this.#running = true
    this.#endPageReturns = onPageReturn(() => this.#hurry())
    this.#connect()
  }

  stop(): void {
    this.#running = false
    this.#endPageReturns()
    clearTimeout(this.#retry)
    clearTimeout(this.#patience)
    const socket = this.#socket
    this.#socket = undefined
    this.#lost()
    this.#disconnect(socket)
  }

  /** Signs in on this connection and on all later ones. Resolves when the outcome is known; never rejects. */
  async login(token: string): Promise<void> {
    this.#token = token
    if (!this.#ready) return
    await this.#showToken(token)
    // A gateway does not repeat access requests for a connection's first token, so refused resources are requested again.
    for (const follower of [...this.#followers]) follower.onReady()
  }

  /** Signs out, and starts again with a new connection that knows nothing of the user. */
  async logout(): Promise<void> {
    this.#token = undefined
    await this.ask((client) => client.authenticate(AUTH, "logout", {})).catch(() => {})
    this.stop()
    this.#setAuth({ kind: "anonymous" })
    this.start()
  }

  /**
   * Makes a request. Rejects if there is no connection, or if it is lost before the answer: resclient would leave the request
   * pending for ever.
   */
  ask<T>(request: (client: ResClient) => Promise<T>): Promise<T> {
    if (!this.#ready) return Promise.reject({ code: "system.connectionError", message: "Not connected" })
    return new Promise<T>((resolve, reject) => {
      const leave = this.follow({
        onReady: () => {},
        onLost: () => reject({ code: "system.disconnect", message: "The connection was lost; it may have been done" }),
      })
      request(this.client).then(resolve, reject).finally(leave)
    })
  }

  /** Calls a method of a resource. Rejects as `ask` does, and with the service's error. */
  call<C extends AnyContract, M extends MethodOf<C>>(
    contract: C,
    parts: PartsOf<C>,
    method: M,
    params: ParamsOf<C, M>,
  ): Promise<AnswerOf<C, M>> {
    return this.ask((client) => client.call(contract.name(parts), method, params)) as Promise<AnswerOf<C, M>>
  }

  /** Tells a follower about changes from now on. Returns a function that stops this. */
  follow(follower: Follower): () => void {
    this.#followers.add(follower)
    return () => {
      this.#followers.delete(follower)
    }
  }

  #connect(): void {
    clearTimeout(this.#retry)
    if (!this.#running) return
    this.client.connect().then(
      () => this.#connected(),
      // The socket's close event follows.
      () => {},
    )
  }

  #open(url: string): GatewaySocket {
    const giveUp = (): void => {
      // Does not wait for its close event: a browser takes many seconds to close a dead connection.
      gone()
      this.#disconnect(socket)
    }
    clearTimeout(this.#patience)
    this.#patience = setTimeout(giveUp, CONNECT_TIMEOUT_MS)
    const gone = (): void => {
      probe.stop()
      if (this.#socket !== socket) return
      this.#socket = undefined
      clearTimeout(this.#patience)
      this.#lost()
      // Otherwise resclient would connect by itself.
      this.client.tryConnect = false
      if (this.#running) this.#retry = setTimeout(() => this.#connect(), this.#backoff.next())
    }
    const socket = new GatewaySocket(this.#webSocket(url), {
      takes: (data) => probe.takes(data),
      // Before resclient's own handler, so that nothing is watched when it decides what to keep.
      onClose: gone,
    })
    const probe = new Probe(socket, {
      onAnswer: () => {
        if (this.#ready) this.state.set(live)
      },
      onSilence: () => {
        if (!this.#ready) return
        const before = this.state.get()
        this.state.set({ kind: "unanswered", since: "since" in before ? before.since : new Date() })
      },
      onDead: giveUp,
    })
    this.#probe = probe
    this.#socket = socket
    return socket
  }

  #connected(): void {
    clearTimeout(this.#patience)
    this.#ready = true
    this.#backoff.reset()
    // It is live only after the service has answered.
    this.#probe?.ask()
    for (const follower of [...this.#followers]) follower.onReady()
  }

  #lost(): void {
    if (!this.#ready) return
    this.#ready = false
    const state = this.state.get()
    this.state.set({ kind: "reconnecting", since: state.kind === "unanswered" ? state.since : new Date() })
    for (const follower of [...this.#followers]) follower.onLost()
  }

  #disconnect(socket: GatewaySocket | undefined): void {
    // Closing a socket before it is open causes an error, which resclient would ascribe to the next socket.
    if (socket !== undefined) socket.onerror = null
    this.client.disconnect()
  }

  async #showToken(token: string): Promise<void> {
    try {
      const user = (await this.client.authenticate(AUTH, "login", { token })) as unknown as User
      if (token === this.#token) this.#setAuth({ kind: "signedIn", user })
    } catch (reason) {
      const failure = failureOf(reason)
      // The token was not checked; a new connection will send it again.
      if (isUnanswered(failure)) this.#socket?.close()
      else if (token === this.#token) this.#setAuth({ kind: "refused", failure })
    }
  }

  #setAuth(next: AuthState): void {
    // Nothing that one user has seen must stay for the next.
    if (userOf(next) !== userOf(this.auth.get())) this.watches.clear()
    this.auth.set(next)
  }

  /** Ends the pause at once when somebody looks at the page again, or the network has changed. */
  #hurry(): void {
    if (this.#ready) this.#probe?.ask()
    else if (this.#socket === undefined) this.#connect()
  }
}

function userOf(auth: AuthState): string | undefined {
  return auth.kind === "signedIn" ? auth.user.user : undefined
}

const live: ConnectionState = { kind: "live" }
