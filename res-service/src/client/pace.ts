import { Throttle } from "./throttle.ts"

/**
 * How many requests of one type to one service may be under way without a sign of life: an answer or a pre-response. A service that is sent
 * thousands at once reads the last ones so late that they have timed out before it can ask for more time.
 */
const MAX_WITHOUT_SIGN = 256

/**
 * Decides when requests are sent: by itself for each service, which is all names with the same first part, and for each request type,
 * so that access requests do not wait for gets, which take longer.
 */
export class Pace {
  readonly #queues = new Map<string, Throttle>()

  /** Calls `send` when the service can take one more request of this subject's type. It must call `onSign` once. */
  add(subject: string, send: (onSign: () => void) => void): void {
    const [type, service] = subject.split(".", 2)
    const key = `${type}.${service}`
    const queue = this.#queues.get(key) ?? new Throttle(MAX_WITHOUT_SIGN)
    this.#queues.set(key, queue)
    queue.add(() => {
      send(() => {
        queue.done()
        if (queue.idle && this.#queues.get(key) === queue) this.#queues.delete(key)
      })
    })
  }
}
