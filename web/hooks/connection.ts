import ResClient from "resclient"
import { auth, type User } from "../../contract/shopwire.ts"
import { Backoff } from "./backoff.ts"
import { type Failure, failureOf, isUnanswered } from "./failure.ts"
import { Observable } from "./observable.ts"
import { Probe } from "./probe.ts"

/** The resource that tokens are shown to. */
const AUTH = auth.name({})

/** resclient holds on to a resource that nobody listens to for this long, in ms: a page that is turned back has it at once. */
export const UNSUBSCRIBE_DELAY_MS = 2000
/** For a model that leaves its collection while somebody looks at it: then it is subscribed to by itself. In ms. */
const SUBSCRIBE_STALE_DELAY_MS = 100
/** Time to connect and to sign in, in ms; a browser itself would wait for minutes. */
const CONNECT_TIMEOUT_MS = 10_000

/**
 * What is true of the connection now. What a page shows is as the service has it only while it is `live`.
 * - `connecting`: it was never there
 * - `live`: connected, and the service answers
 * - `reconnecting`: lost at `since`
 * - `unanswered`: connected to the gateway, but the service does not answer since `since`
 */
export type ConnectionState =
  | { readonly kind: "connecting" | "live" }
  | { readonly kind: "reconnecting" | "unanswered"; readonly since: Date }

/** `refused`: the token was shown, and turned down. */
export type AuthState =
  | { readonly kind: "anonymous" }
  | { readonly kind: "signedIn"; readonly user: User }
  | { readonly kind: "refused"; readonly failure: Failure }

/** What follows a connection: a resource that is watched, or a call under way. */
export interface Follower {
  /** Connected, and signed in if there is a token; also when somebody else has signed in. */
  readonly onReady: () => void
  /** No longer connected. What was asked for is not answered any more. */
  readonly onLost: () => void
}

/**
 * A connection to the gateway that comes back by itself, after pauses that grow and are partly chance.
 *
 * resclient speaks the protocol. It would reconnect at once (all pages at the same moment), only while it has resources, and
 * nobody could tell which of them are up to date again; so reconnecting and subscribing again is done here and by `Watch`.
 */
export class Connection {
  readonly client: ResClient
  readonly state = new Observable<ConnectionState>({ kind: "connecting" })
  readonly auth = new Observable<AuthState>({ kind: "anonymous" })
  readonly #followers = new Set<Follower>()
  readonly #backoff = new Backoff()
  #token: string | undefined
  #ready = false
  #socket: WebSocket | undefined
  #probe: Probe | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #patience: ReturnType<typeof setTimeout> | undefined
  #running = false

  /** @param url of the gateway, `ws:` or `wss:` */
  constructor(url: string) {
    this.client = new ResClient(() => this.#open(url), {
      subscribeStaleDelay: SUBSCRIBE_STALE_DELAY_MS,
      unsubscribeDelay: UNSUBSCRIBE_DELAY_MS,
    })
    // Before anything else on a connection: what is subscribed to then is subject to the token.
    this.client.setOnConnect(() => (this.#token === undefined ? undefined : this.#showToken(this.#token)))
  }

  get ready(): boolean {
    return this.#ready
  }

  /** Connects, and from then on keeps connected. */
  start(): void {
    if (this.#running) return
    this.#running = true
    addEventListener("online", this.#hurry)
    addEventListener("offline", this.#hurry)
    document.addEventListener("visibilitychange", this.#hurry)
    this.#connect()
  }

  stop(): void {
    this.#running = false
    removeEventListener("online", this.#hurry)
    removeEventListener("offline", this.#hurry)
    document.removeEventListener("visibilitychange", this.#hurry)
    clearTimeout(this.#retry)
    clearTimeout(this.#patience)
    const socket = this.#socket
    this.#socket = undefined
    this.#lost()
    this.#disconnect(socket)
  }

  /** Signs in on this connection and on each one that follows. Resolves when that is known; never rejects. */
  async login(token: string): Promise<void> {
    this.#token = token
    if (!this.#ready) return
    await this.#showToken(token)
    // A gateway asks no access again for the first token of a connection: what was refused before is asked for again.
    for (const follower of [...this.#followers]) follower.onReady()
  }

  /** Signs out, and begins anew with a connection that knows nothing of who was signed in. */
  async logout(): Promise<void> {
    this.#token = undefined
    await this.ask((client) => client.authenticate(AUTH, "logout", {})).catch(() => {})
    this.stop()
    this.auth.set({ kind: "anonymous" })
    this.start()
  }

  /**
   * Asks the gateway for something. Rejects when the connection is not there, or is lost before the answer: resclient would leave
   * it open for ever.
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

  /** Tells a follower of what happens from now on. Returns how to leave. */
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
      // The socket's close event comes as well.
      () => {},
    )
  }

  #open(url: string): WebSocket {
    const socket = new WebSocket(url)
    const probe = new Probe(socket, {
      onAnswer: () => {
        if (this.#ready) this.state.set(live)
      },
      onSilence: () => {
        if (!this.#ready) return
        const before = this.state.get()
        this.state.set({ kind: "unanswered", since: "since" in before ? before.since : new Date() })
      },
      onDead: () => giveUp(),
    })
    const giveUp = (): void => {
      // Not by its close event: to close a connection that is cut takes a browser many seconds.
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
      // Or resclient would connect by itself.
      this.client.tryConnect = false
      if (this.#running) this.#retry = setTimeout(() => this.#connect(), this.#backoff.next())
    }
    // Before resclient's own listener, so that nothing is watched any more when it looks at what to keep.
    socket.addEventListener("close", gone)
    this.#probe = probe
    this.#socket = socket
    return socket
  }

  #connected(): void {
    clearTimeout(this.#patience)
    this.#ready = true
    this.#backoff.reset()
    // Live it is when the service has answered.
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

  #disconnect(socket: WebSocket | undefined): void {
    // A socket that is closed before it was open has an error, which resclient would take for one of the next socket.
    if (socket !== undefined) socket.onerror = null
    this.client.disconnect()
  }

  async #showToken(token: string): Promise<void> {
    try {
      const user = (await this.client.authenticate(AUTH, "login", { token })) as unknown as User
      if (token === this.#token) this.auth.set({ kind: "signedIn", user })
    } catch (reason) {
      const failure = failureOf(reason)
      // Nobody has looked at the token: a new connection will show it again.
      if (isUnanswered(failure)) this.#socket?.close()
      else if (token === this.#token) this.auth.set({ kind: "refused", failure })
    }
  }

  /** Somebody looks again, or the network has come or gone: no use in waiting for the end of a pause. */
  readonly #hurry = (): void => {
    if (document.hidden) return
    if (this.#ready) this.#probe?.ask()
    else if (this.#socket === undefined) this.#connect()
  }
}

const live: ConnectionState = { kind: "live" }
