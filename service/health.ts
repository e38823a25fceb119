import { model } from "res-service"

/**
 * `shopwire.health`: model, for probes; it answers only while the service can store events.
 *
 * access  get for everyone
 * get     { stream: "UPDATES", last_seq: 7 }, last_seq = sequence of the last event handled
 * errors  system.serviceUnavailable: the log does not answer
 * events  none: read it anew
 */
export function health(probe: () => Promise<{ stream: string; last_seq: number }>) {
  return model("shopwire.health", {
    mode: { access: "free", get: "free" },
    access: () => ({ get: true }),
    get: probe,
  })
}
