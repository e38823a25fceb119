import { Throttle } from "./throttle.ts"

/**
 * How many requests to one service may be under way without a sign of life: an answer or a pre-response. A service that is sent
 * thousands at once reads the last ones so late that they have timed out before it can ask for more time.
 */
const MAX_WITHOUT_SIGN = 256

/** Decides when requests are sent, for each service by itself. A service is all names with the same first part. */
export class Pace {
  readonly #services = new Map<string, Throttle>()

  /** Calls `send` when the service of a resource can take one more request. It must call `onSign` once. */
  add(name: string, send: (onSign: () => void) => void): void {
    const [service = ""] = name.split(".", 1)
    const throttle = this.#services.get(service) ?? new Throttle(MAX_WITHOUT_SIGN)
    this.#services.set(service, throttle)
    throttle.add(() => {
      send(() => {
        throttle.done()
        if (throttle.idle && this.#services.get(service) === throttle) this.#services.delete(service)
      })
    })
  }
}
