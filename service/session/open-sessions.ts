import type { AnyResource, Logger, Service } from "res-service"
import type { Guard } from "../auth/guard.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import { isConnected } from "./connections.ts"
import { type CustomerBinding, cart, multicart, present } from "./multicart-resource.ts"
import { Presence } from "./presence.ts"
import { PresenceSweep } from "./presence-sweep.ts"
import type { SessionCommand } from "./session.ts"
import { SessionStore } from "./session-store.ts"
import { Sessions } from "./sessions.ts"

const DEFAULT_LEASE_MS = 15_000
/** A hidden page's timers run once a minute; with the default lease this gives 90 s. */
const HIDDEN_LEASES = 6
const DEFAULT_ABSENCE_MS = 30_000
/** Old clients no longer see a member that is absent for longer than this, in ms; loading the next page takes less. */
const HIDE_MS = 2000

const MIB = 1024 * 1024
const DEFAULT_MAX_BYTES = 1024 * MIB
const DEFAULT_MEMORY_BYTES = 64 * MIB

export interface SessionOptions {
  /** A session that nobody changes for this time, in ms, is forgotten. */
  readonly idleMs: number
  /** Size of all sessions in NATS. Default 1 GiB. */
  readonly maxBytes?: number
  /** Size of the sessions in memory, as JSON. Default 64 MiB. */
  readonly memoryBytes?: number
  readonly binding: CustomerBinding
  /** A connection that is silent for this time, in ms, counts as gone, and its member as absent. Default 15 s. */
  readonly leaseMs?: number
  /** The same for a connection that its gateway still has. Default six times `leaseMs`. */
  readonly hiddenLeaseMs?: number
  /** An absent member is out after this time. Default 30 s. */
  readonly absenceMs?: number
  readonly guard: Guard
  /** False while another service may be active, which then looks after absent members. */
  readonly isActive: () => boolean
  readonly logger: Logger
}

/** Opens the bucket of sessions; gives the resources to be added to `service`, and how to stop. */
export async function openSessions(
  js: JetStream,
  service: Service,
  options: SessionOptions,
): Promise<{ resources: AnyResource[]; stop: () => void }> {
  const {
    idleMs,
    binding,
    guard,
    isActive,
    logger,
    leaseMs = DEFAULT_LEASE_MS,
    absenceMs = DEFAULT_ABSENCE_MS,
  } = options
  const { maxBytes = DEFAULT_MAX_BYTES, memoryBytes = DEFAULT_MEMORY_BYTES } = options
  const { hiddenLeaseMs = HIDDEN_LEASES * leaseMs } = options
  const store = new SessionStore(js, idleMs, maxBytes)
  await store.open()
  const sessions = new Sessions(store, { idleMs, memoryBytes, logger })
  const presence = new Presence({ leaseMs, hiddenLeaseMs, hideMs: HIDE_MS, absenceMs })
  const run = async (id: string, command: SessionCommand): Promise<number> => {
    const n = await sessions.execute(id, command, {
      multicart: service.events(multicartResource, { id }),
      present: service.events(presentResource, { id }),
      cart: (customer) => service.events(cartResource, { id, customer }),
    })
    presence.note(id, sessions.loaded.get(id)?.session?.members ?? [])
    return n
  }
  const inQueue = <T>(id: string, task: () => Promise<T>) => service.with(multicartResource, { id }, task)
  const cartResource = cart(guard, sessions)
  const presentResource = present(guard, sessions)
  const multicartResource: ReturnType<typeof multicart> = multicart({
    guard,
    sessions,
    presence,
    binding,
    run,
    inQueue,
    isConnected: (cid) => isConnected(js.nc, cid),
  })
  const sweep = new PresenceSweep(js.nc, { sessions, presence, store, run, inQueue, isActive, logger })
  return { resources: [multicartResource, presentResource, cartResource], stop: () => sweep.stop() }
}
