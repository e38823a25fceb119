import type { NatsConnection } from "nats"
import type { AnyResource, Logger, Service } from "res-service"
import type { Guard } from "../auth/guard.ts"
import { edgeOfCid, edgePingSubject } from "../schemas/edge-connection.ts"
import { Leases } from "./leases.ts"
import { type CustomerBinding, cart, multicart, present } from "./multicart-resource.ts"
import type { Member } from "./session.ts"
import { SessionStore } from "./session-store.ts"
import { Sessions } from "./sessions.ts"

const DEFAULT_LEASE_MS = 15_000
const DEFAULT_ABSENCE_MS = 30_000
/** Old clients are not shown a member that is away longer than this, in ms; to load another page takes less. */
const HIDE_AFTER_MS = 2000
/** An edge gives a connection 2 s to answer, in ms. */
const PING_TIMEOUT_MS = 2500
const SWEEP_INTERVAL_MS = 1000

export interface SessionOptions {
  /** A session that nobody changes for this time, in ms, is forgotten. */
  readonly idleMs: number
  readonly binding: CustomerBinding
  /** A connection that does not call for this time is gone, its member absent. Default 15 s. */
  readonly leaseMs?: number
  /** An absent member is out after this time. Default 30 s. */
  readonly absenceMs?: number
  readonly guard: Guard
  readonly logger: Logger
}

/** Opens the bucket of sessions; gives the resources to be added to `service`, and how to stop. */
export async function openSessions(
  nc: NatsConnection,
  service: Service,
  { idleMs, binding, leaseMs = DEFAULT_LEASE_MS, absenceMs = DEFAULT_ABSENCE_MS, guard, logger }: SessionOptions,
): Promise<{ resources: AnyResource[]; stop: () => void }> {
  const sessions = new Sessions(await SessionStore.open(nc, idleMs), idleMs, logger)
  const leases = new Leases(leaseMs)
  const cartResource = cart(guard, sessions)
  const presentResource = present(guard, sessions)
  const events = (id: string) => ({
    multicart: service.events(multicartResource, { id }),
    present: service.events(presentResource, { id }),
    cart: (customer: string) => service.events(cartResource, { id, customer }),
  })
  const inQueue = <T>(id: string, task: () => Promise<T>) => service.with(multicartResource, { id }, task)
  const isAlive = async (cid: string): Promise<boolean> => {
    const edgeId = edgeOfCid(cid)
    if (edgeId === undefined) return leases.isAlive(cid)
    try {
      const answer = await nc.request(edgePingSubject(edgeId), cid, { timeout: PING_TIMEOUT_MS })
      return answer.json<{ alive: boolean }>().alive
    } catch {
      return false // that edge is gone
    }
  }
  const multicartResource: ReturnType<typeof multicart> = multicart({
    guard,
    sessions,
    leases,
    binding,
    events,
    inQueue,
    isAlive,
  })

  /** Marks members as absent whose connection is gone, and lets go of those who are absent for too long. */
  const sweep = async (id: string): Promise<void> => {
    const now = Date.now()
    const members = (await sessions.get(id))?.members ?? []
    for (const { cid } of members) {
      if (cid === undefined) continue
      leases.start(cid, now)
      if (!leases.isAlive(cid, now)) await sessions.execute(id, { type: "disconnect", cid, at: now }, events(id))
    }
    const absentBefore = (time: number): Member[] => members.filter(({ absentSince }) => (absentSince ?? now) < time)
    if (absentBefore(now - absenceMs).length > 0)
      await sessions.execute(id, { type: "expire", before: now - absenceMs }, events(id))
    if (absentBefore(now - HIDE_AFTER_MS).some(({ hidden }) => hidden !== true))
      await sessions.execute(id, { type: "hide", before: now - HIDE_AFTER_MS }, events(id))
  }
  const sweeping = setInterval(() => {
    for (const id of sessions.ids) {
      inQueue(id, () => sweep(id)).catch((error: unknown) =>
        logger.warn({ err: error }, "absent members could not be let go of yet"),
      )
    }
  }, SWEEP_INTERVAL_MS)

  return { resources: [multicartResource, presentResource, cartResource], stop: () => clearInterval(sweeping) }
}
