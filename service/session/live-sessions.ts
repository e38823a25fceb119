import type { AnyResource, Logger, RequestNumber, Service } from "res-service"
import type { Shards } from "res-service/sharding"
import {
  cart,
  cartLine,
  cartLines,
  multicart,
  present,
  sessionMember,
  sessionMembers,
  sessionStatus,
} from "../../contract/session.ts"
import type { Guard } from "../auth/guard.ts"
import { askConnections } from "../connections.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import { partitionOf } from "../log/subjects.ts"
import type { Part } from "../part-list.ts"
import { answerAsSessionOwner, askShopOwner } from "../shared-baskets.ts"
import type { SessionCommand } from "./command.ts"
import { Currencies, type ReadCurrency } from "./currencies.ts"
import { lineResource, linesResource } from "./lines-resource.ts"
import { memberResource, membersResource } from "./members-resource.ts"
import {
  type CustomerBinding,
  cartResource,
  multicartResource,
  presentResource,
  statusResource,
} from "./multicart-resource.ts"
import { Presence } from "./presence.ts"
import { PresenceSweep } from "./presence-sweep.ts"
import { SessionClock } from "./session-clock.ts"
import { SessionStore } from "./session-store.ts"
import { type SessionEventSenders, Sessions } from "./sessions.ts"
import { isShopCid } from "./shop-member.ts"
import { ShopMembers } from "./shop-members.ts"

const DEFAULT_LEASE_MS = 8000
/** Timers of a hidden page run once a minute. */
const DEFAULT_HIDDEN_LEASE_MS = 90_000
const DEFAULT_ABSENCE_MS = 30_000
/** Old clients no longer see a member that is absent for longer than this, in ms; loading the next page takes less. */
const HIDE_MS = 2000

const MIB = 1024 * 1024
const DEFAULT_MAX_BYTES = 1024 * MIB
const DEFAULT_MEMORY_BYTES = 64 * MIB

export interface SessionOptions {
  /** A session that nobody changes for this time, in ms, is deleted. */
  readonly idleMs: number
  /** Size of all sessions in NATS. Default 1 GiB. */
  readonly maxBytes?: number
  /** Size of the sessions in memory, as JSON. Default 64 MiB. */
  readonly memoryBytes?: number
  readonly binding: CustomerBinding
  /** After this time, in ms, a silent connection counts as gone unless its edge or gateway finds it alive. Default 8 s. */
  readonly leaseMs?: number
  /** After this time, in ms, a silent connection counts as gone although it is alive. Default 90 s. */
  readonly hiddenLeaseMs?: number
  /** An absent member is removed after this time, in ms. Default 30 s. */
  readonly absenceMs?: number
  /** The basket of a member in the shop may be without an event for this time, in ms. Default 30 minutes. */
  readonly quietMs?: number
  readonly guard: Guard
  /** Reads a shop's currency. */
  readonly readCurrency: ReadCurrency
  readonly shards: Pick<Shards, "isServed" | "resetWatched" | "ask" | "onTask">
  readonly logger: Logger
}

/** All resources of a session. */
const resources = [multicart, present, sessionStatus, sessionMembers, sessionMember, cart]

/**
 * The sessions in use and the presence of their members. It has the resources below `session.<id>`, and removes members who are away.
 */
export class LiveSessions implements Part {
  readonly resources: readonly AnyResource[]
  readonly #service: Service
  readonly #shards: Pick<Shards, "resetWatched">
  readonly #store: SessionStore
  readonly #sessions: Sessions
  readonly #presence: Presence
  readonly #sweep: PresenceSweep
  readonly #clock: SessionClock
  readonly #shopMembers: ShopMembers

  constructor(js: JetStream, service: Service, options: SessionOptions) {
    const { idleMs, binding, quietMs, guard, shards, logger } = options
    const { leaseMs = DEFAULT_LEASE_MS, absenceMs = DEFAULT_ABSENCE_MS } = options
    const { maxBytes = DEFAULT_MAX_BYTES, memoryBytes = DEFAULT_MEMORY_BYTES } = options
    const { hiddenLeaseMs = DEFAULT_HIDDEN_LEASE_MS } = options
    this.#service = service
    this.#shards = shards
    const isOwned = (id: string): boolean => shards.isServed(partitionOf(id))
    this.#store = new SessionStore(js, idleMs, maxBytes)
    const currencies = new Currencies(options.readCurrency)
    this.#sessions = new Sessions(this.#store, { idleMs, memoryBytes, isOwned, currencies, logger })
    this.#presence = new Presence({ leaseMs, hiddenLeaseMs, hideMs: HIDE_MS, absenceMs })
    const isConnected = askConnections(js.nc)
    const sources = {
      sessions: this.#sessions,
      presence: this.#presence,
      run: (id: string, command: SessionCommand, request?: RequestNumber) => this.#run(id, command, request),
      inQueue: <T>(id: string, task: () => Promise<T>) => service.with(multicart, { id }, task),
      isConnected: async (cid: string) => (isShopCid(cid) ? this.#shopMembers.isActive(cid) : await isConnected(cid)),
    }
    this.#shopMembers = new ShopMembers({ ...sources, isOwned, shops: askShopOwner(shards), quietMs, logger })
    answerAsSessionOwner(shards, this.#shopMembers)
    this.#sweep = new PresenceSweep(js.nc, { ...sources, store: this.#store, isOwned, logger })
    this.#clock = new SessionClock({ ...sources, isOwned, logger })
    this.resources = [
      multicartResource({ ...sources, guard, binding }),
      presentResource(guard, this.#sessions),
      statusResource(guard, this.#sessions),
      linesResource(guard, this.#sessions),
      lineResource(guard, this.#sessions),
      membersResource(guard, this.#sessions),
      memberResource(guard, this.#sessions),
      cartResource(guard, this.#sessions),
    ]
  }

  /** What is in memory, and about how many bytes it takes as JSON. */
  get loaded() {
    return { session: { count: this.#sessions.loaded.size, bytes: this.#sessions.bytes } }
  }

  async start(): Promise<void> {
    await this.#store.open()
    this.#store.onLost(() => {
      this.#sessions.dropWhere(() => true)
      this.#shards.resetWatched("session.")
    })
    this.#sweep.start()
    this.#clock.start()
    this.#shopMembers.start()
  }

  stop(): void {
    this.#shopMembers.stop()
    this.#clock.stop()
    this.#sweep.stop()
  }

  async acquire(): Promise<void> {
    await this.#store.markBeginning()
  }

  release(shards: readonly number[]): void {
    this.#sessions.dropWhere((id) => shards.includes(partitionOf(id)))
  }

  unload(roots: readonly string[]): void {
    for (const root of roots) {
      const [kind, id = ""] = root.split(".")
      if (kind === "session") this.#sessions.forget(id)
    }
  }

  /** Executes a command, as `Sessions.execute`; call it in the session's queue. */
  async #run(id: string, command: SessionCommand, request?: RequestNumber): Promise<number> {
    const service = this.#service
    const events: SessionEventSenders = {
      multicart: service.events(multicart, { id }),
      present: service.events(present, { id }),
      // Nobody may watch these, so they are made when they are used.
      get status() {
        return service.events(sessionStatus, { id })
      },
      get members() {
        return service.events(sessionMembers, { id })
      },
      cart: (customer) => service.events(cart, { id, customer }),
      lines: (customer) => service.events(cartLines, { id, customer }),
      line: (customer, line) => service.events(cartLine, { id, customer, line }),
      member: (customer) => service.events(sessionMember, { id, customer }),
      reset: () => service.reset({ resources: resources.map(({ pattern }) => pattern.names({ id })) }),
    }
    const n = await this.#sessions.execute(id, command, events, request)
    this.#presence.note(id, this.#sessions.loaded.get(id)?.session?.members ?? [])
    return n
  }
}
