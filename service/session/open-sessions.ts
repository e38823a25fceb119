import type { NatsConnection } from "nats"
import type { AnyResource, Logger, Service } from "res-service"
import { Leases } from "./leases.ts"
import { type CustomerBinding, cart, multicart } from "./multicart-resource.ts"
import { SessionStore } from "./session-store.ts"
import { Sessions } from "./sessions.ts"

/** A connection that does not call for this time is gone, its member absent. */
const LEASE_MS = 15_000
/** An absent member is out after this time. */
const ABSENCE_MS = 30_000
const SWEEP_INTERVAL_MS = 1000

export interface SessionOptions {
  /** A session that nobody changes for this time, in ms, is forgotten. */
  readonly idleMs: number
  readonly binding: CustomerBinding
  readonly logger: Logger
}

/** Opens the bucket of sessions; gives the resources to be added to `service`, and how to stop. */
export async function openSessions(
  nc: NatsConnection,
  service: Service,
  { idleMs, binding, logger }: SessionOptions,
): Promise<{ resources: AnyResource[]; stop: () => void }> {
  const sessions = new Sessions(await SessionStore.open(nc, idleMs), logger)
  const leases = new Leases(LEASE_MS)
  const cartResource = cart(sessions)
  const events = (id: string) => ({
    multicart: service.events(multicartResource, { id }),
    cart: (customer: string) => service.events(cartResource, { id, customer }),
  })
  const multicartResource = multicart({ sessions, leases, binding, events })

  /** Marks members as absent whose connection is gone, and lets go of those who are absent for too long. */
  const sweep = async (id: string): Promise<void> => {
    const now = Date.now()
    const members = (await sessions.get(id))?.members ?? []
    for (const { cid } of members) {
      if (cid === undefined) continue
      leases.start(cid, now)
      if (!leases.isAlive(cid, now)) await sessions.execute(id, { type: "disconnect", cid, at: now }, events(id))
    }
    if (members.some(({ absentSince }) => (absentSince ?? now) < now - ABSENCE_MS)) {
      await sessions.execute(id, { type: "expire", before: now - ABSENCE_MS }, events(id))
    }
  }
  const sweeping = setInterval(() => {
    for (const id of sessions.ids) {
      service
        .with(multicartResource, { id }, () => sweep(id))
        .catch((error: unknown) => logger.warn({ err: error }, "absent members could not be let go of yet"))
    }
  }, SWEEP_INTERVAL_MS)

  return { resources: [multicartResource, cartResource], stop: () => clearInterval(sweeping) }
}
