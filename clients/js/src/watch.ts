import { Backoff } from "./backoff.ts"
import type { Connection } from "./connection.ts"
import { type Failure, failureOf, isRefused } from "./failure.ts"
import { onFrame } from "./frame.ts"
import { Observable } from "./observable.ts"
import { isResError, type ResCollection, type ResModel } from "./resclient.ts"

/**
 * The state of a watched resource.
 * - `loading`: not loaded yet
 * - `live`: up to date
 * - `stale`: as last seen; it is updated by itself
 * - `failed`: it can't be loaded; `data` is the last seen state, if any. It is tried again, at the latest after a sign-in.
 */
export type Watched<T> =
  | { readonly status: "loading"; readonly data: undefined; readonly failure: undefined }
  | { readonly status: "live" | "stale"; readonly data: T; readonly failure: undefined }
  | { readonly status: "failed"; readonly data: T | undefined; readonly failure: Failure }

type Resource = ResModel | ResCollection

/** The longest pause between attempts to load a resource, in ms. */
const GREATEST_PAUSE_MS = 8000

/** Pause before a missing resource is requested again, in ms: it may be created later. */
const ABSENT_PAUSE_MS = 15_000

/** How long resclient keeps a resource without listeners, in ms, so that going back shows it at once. */
export const UNSUBSCRIBE_DELAY_MS = 2000

/** Time for resclient to drop a resource, in ms; until then it does not fetch it again. */
const LET_GO_MS = UNSUBSCRIBE_DELAY_MS + 1000

/** Time for whoever waited for a resource to listen to it, in ms. */
const LINGER_MS = 5000

const loading = { status: "loading", data: undefined, failure: undefined } as const

/**
 * Watches one resource, with the resources that it refers to, while somebody listens. Its values are immutable plain objects: at most
 * one new value per frame, in which unchanged parts are the same objects as before.
 */
export class Watch<T> {
  readonly #connection: Connection
  readonly #rid: string
  readonly #read: (resource: Resource, previous: T | undefined) => T
  readonly #shown = new Observable<Watched<T>>(loading)
  readonly #backoff = new Backoff(GREATEST_PAUSE_MS)
  #listeners = 0
  #unusedSince = performance.now()
  #loaded: Promise<void> | undefined
  #leave: () => void = () => {}
  #resource: Resource | undefined
  /** The models that the collection refers to; they report their changes themselves. */
  readonly #members = new Set<ResModel>()
  /** Grows with each attempt, so that results of earlier ones are ignored. */
  #attempt = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #completing: ReturnType<typeof setTimeout> | undefined

  /** @param read returns plain values of a resource, given its earlier ones */
  constructor(connection: Connection, rid: string, read: (resource: Resource, previous: T | undefined) => T) {
    this.#connection = connection
    this.#rid = rid
    this.#read = read
  }

  readonly get = (): Watched<T> => this.#shown.get()

  /** How long nobody has listened, in ms. */
  get unusedMs(): number {
    return this.#listeners > 0 ? 0 : performance.now() - this.#unusedSince
  }

  /** Resolves when the first state is known, also if it is a failure; the same promise for all. The watch stays for those who then come. */
  loaded(): Promise<void> {
    this.#loaded ??= new Promise((resolve) => {
      const leave = this.subscribe(() => {
        if (this.get().status === "loading") return
        resolve()
        setTimeout(leave, LINGER_MS)
      })
    })
    return this.#loaded
  }

  /** Subscribes to the resource with the first listener, and unsubscribes with the last. */
  readonly subscribe = (listener: () => void): (() => void) => {
    const leave = this.#shown.subscribe(listener)
    this.#listeners++
    if (this.#listeners === 1) this.#start()
    return () => {
      leave()
      this.#listeners--
      if (this.#listeners > 0) return
      this.#unusedSince = performance.now()
      this.#stop()
    }
  }

  /** Fetches the resource, and those that it refers to, again. Until then it is stale. Does nothing while it is not live. */
  refetch(): void {
    if (this.#resource === undefined) return
    this.#drop()
    this.#retry = setTimeout(() => this.#load(), LET_GO_MS)
  }

  #start(): void {
    this.#leave = this.#connection.follow({
      onReady: () => {
        // After a sign-in as somebody else, subscriptions continue as far as the gateway allows.
        if (this.#resource === undefined) this.#load()
      },
      onLost: () => this.#drop(),
    })
    this.#connection.client.on("error", this.#onError)
    if (this.#connection.ready) this.#load()
  }

  #stop(): void {
    this.#drop()
    this.#leave()
    this.#connection.client.off("error", this.#onError)
  }

  #load(): void {
    clearTimeout(this.#retry)
    this.#attempt++
    const attempt = this.#attempt
    this.#connection.client.get(this.#rid).then(
      (resource: Resource) => {
        if (attempt !== this.#attempt) return
        // resclient keeps the error of a reference in a collection as if it were the resource.
        if (isResError(resource)) return this.#fail(failureOf(resource))
        this.#resource = resource
        resource.on(null, this.#onEvent)
        if (!isIncomplete(resource)) this.#backoff.reset()
        this.#show()
      },
      (reason: unknown) => {
        if (attempt === this.#attempt) this.#fail(failureOf(reason))
      },
    )
  }

  /** Later fetches an incomplete collection again; until then it is shown as it is. */
  #completeLater(): void {
    this.#completing ??= setTimeout(() => this.refetch(), this.#backoff.next())
  }

  /** Stops listening; the last state stays visible. */
  #drop(): void {
    clearTimeout(this.#retry)
    clearTimeout(this.#completing)
    this.#completing = undefined
    this.#attempt++
    for (const member of this.#members) member.off(null, this.#onEvent)
    this.#members.clear()
    this.#resource?.off(null, this.#onEvent)
    this.#resource = undefined
    const shown = this.#shown.get()
    if (shown.status === "live") this.#shown.set({ ...shown, status: "stale" })
  }

  #fail(failure: Failure): void {
    this.#drop()
    this.#shown.set({ status: "failed", data: this.#shown.get().data, failure })
    if (isRefused(failure)) return
    const pause = failure.code === "system.notFound" ? ABSENT_PAUSE_MS : this.#backoff.next()
    this.#retry = setTimeout(() => this.#load(), pause)
  }

  /** resclient reports events some time after it has applied them, so only the fact counts. */
  readonly #onEvent = (_data: unknown, resource: unknown, _name: string, action: string | null): void => {
    if (this.#resource === undefined) return
    if (action === "unsubscribe" && resource === this.#resource) {
      // The gateway has ended the subscription, for example after a lost permission. The next attempt tells why.
      this.#drop()
      this.#retry = setTimeout(() => this.#load(), this.#backoff.next())
      return
    }
    onFrame(this.#show)
  }

  /** A model that leaves its collection is subscribed to directly, which may be refused. */
  readonly #onError = (error: { method?: string }): void => {
    if (this.#resource !== undefined && error.method === `subscribe.${this.#rid}`) this.#fail(failureOf(error))
  }

  readonly #show = (): void => {
    const resource = this.#resource
    if (resource === undefined) return
    this.#followMembers(resource)
    if (isIncomplete(resource)) this.#completeLater()
    const { status, data } = this.#shown.get()
    const next = this.#read(resource, data)
    if (status !== "live" || next !== data) this.#shown.set({ status: "live", data: next, failure: undefined })
  }

  #followMembers(resource: Resource): void {
    if (!("list" in resource)) return
    const members = new Set(resource.list.filter(isModel))
    for (const gone of this.#members) {
      if (members.has(gone)) continue
      this.#members.delete(gone)
      gone.off(null, this.#onEvent)
    }
    for (const member of members) {
      if (this.#members.has(member)) continue
      this.#members.add(member)
      member.on(null, this.#onEvent)
    }
  }
}

/** True if a reference of a collection could not be loaded: no event would tell when it can. */
function isIncomplete(resource: Resource): boolean {
  return "list" in resource && resource.list.some(isResError)
}

/** True for a model in a collection, which reports its changes. */
export function isModel(value: unknown): value is ResModel {
  return typeof value === "object" && value !== null && "props" in value && "on" in value
}
