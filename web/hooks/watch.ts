import { isResError, type ResCollection, type ResModel } from "resclient"
import { Backoff } from "./backoff.ts"
import { type Connection, UNSUBSCRIBE_DELAY_MS } from "./connection.ts"
import { type Failure, failureOf, isRefused } from "./failure.ts"
import { onFrame } from "./frame.ts"
import { Observable } from "./observable.ts"

/**
 * A resource as it is seen here.
 * - `loading`: it was never there
 * - `live`: as the service has it
 * - `stale`: as it was last seen; it comes back by itself
 * - `failed`: it can't be had; `data` is what was last seen of it, if anything. It is tried again, or after a sign-in.
 */
export type Watched<T> =
  | { readonly status: "loading"; readonly data: undefined; readonly failure: undefined }
  | { readonly status: "live" | "stale"; readonly data: T; readonly failure: undefined }
  | { readonly status: "failed"; readonly data: T | undefined; readonly failure: Failure }

type Resource = ResModel | ResCollection

/** What is not there is looked for this often, in ms: it may be made later. */
const ABSENT_PAUSE_MS = 15_000

/** Time for resclient to let go of a resource, in ms: what is asked for sooner it does not get afresh. */
const LET_GO_MS = UNSUBSCRIBE_DELAY_MS + 1000

const loading = { status: "loading", data: undefined, failure: undefined } as const

/**
 * Watches one resource, with those it refers to, while somebody listens. What it shows are plain values that don't change: at
 * most one new one a frame, in which what has not changed is the same object as before.
 */
export class Watch<T> {
  readonly #connection: Connection
  readonly #rid: string
  readonly #read: (resource: Resource, previous: T | undefined) => T
  readonly #shown = new Observable<Watched<T>>(loading)
  readonly #backoff = new Backoff()
  #listeners = 0
  #leave: () => void = () => {}
  #resource: Resource | undefined
  /** Models that the collection refers to, which tell their changes themselves. */
  readonly #members = new Set<ResModel>()
  /** Grows with each attempt: what an earlier one brings is not wanted any more. */
  #attempt = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #completing: ReturnType<typeof setTimeout> | undefined

  /** @param read makes plain values of a resource, given those that it made of it before */
  constructor(connection: Connection, rid: string, read: (resource: Resource, previous: T | undefined) => T) {
    this.#connection = connection
    this.#rid = rid
    this.#read = read
  }

  readonly get = (): Watched<T> => this.#shown.get()

  /** Subscribes to the resource with the first listener, and unsubscribes with the last. */
  readonly subscribe = (listener: () => void): (() => void) => {
    const leave = this.#shown.subscribe(listener)
    this.#listeners++
    if (this.#listeners === 1) this.#start()
    return () => {
      leave()
      this.#listeners--
      if (this.#listeners === 0) this.#stop()
    }
  }

  #start(): void {
    this.#leave = this.#connection.follow({
      onReady: () => {
        // Somebody else has signed in: what is followed goes on as far as the gateway lets it.
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

  /** Gets a collection afresh in which something is missing; until then it is shown as it is. */
  #completeLater(): void {
    this.#completing ??= setTimeout(() => {
      this.#drop()
      this.#retry = setTimeout(() => this.#load(), LET_GO_MS)
    }, this.#backoff.next())
  }

  /** Listens no longer; what is shown stays, as what was last seen. */
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

  /** resclient tells events some time after it has applied them, so only that there was one counts. */
  readonly #onEvent = (_data: unknown, resource: unknown, _name: string, action: string | null): void => {
    if (this.#resource === undefined) return
    if (action === "unsubscribe" && resource === this.#resource) {
      // The gateway has taken it away, as after a lost permission. Why, the next attempt tells.
      this.#drop()
      this.#retry = setTimeout(() => this.#load(), this.#backoff.next())
      return
    }
    onFrame(this.#show)
  }

  /** A model that was followed as part of a collection is subscribed to by itself when it leaves it, which may be refused. */
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

/** True when something that a collection refers to could not be had: no event would tell that it can be now. */
function isIncomplete(resource: Resource): boolean {
  return "list" in resource && resource.list.some(isResError)
}

/** True for a model in a collection: a value that tells its changes. */
export function isModel(value: unknown): value is ResModel {
  return typeof value === "object" && value !== null && "props" in value && "on" in value
}
