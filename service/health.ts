import { model } from "res-service"
import type { Guard } from "./auth/guard.ts"

const HEALTH = "shopwire.health"

/**
 * `shopwire.health`: model, for probes; it answers only while the service can store events.
 *
 * access  get for everyone
 * get     { stream: "UPDATES", last_seq: 7 }, last_seq = sequence of the last event handled
 * errors  system.serviceUnavailable: the log does not answer
 * events  none: read it anew
 */
export function health(guard: Guard, probe: () => Promise<{ stream: string; last_seq: number }>) {
  return model(HEALTH, {
    mode: { access: "free", get: "free" },
    access: guard.access(HEALTH),
    get: probe,
  })
}
