import type { Service } from "res-service"
import type { Part } from "./part-list.ts"

/** Longer than gateways wait for the answer to a get, which is 3 s. */
const REPEAT_MS = 4000

/**
 * Resets after which no gateway shows what was there before. A gateway ignores a reset while its get for an earlier reset is under way,
 * and that get may have been answered with old content. So each reset is sent again when no such get can be under way any more.
 */
export class RepeatedResets implements Part {
  readonly #service: Service
  readonly #repeats = new Set<NodeJS.Timeout>()

  constructor(service: Service) {
    this.#service = service
  }

  /** @param resources patterns as `Service.reset` takes them */
  send(resources: readonly string[]): void {
    this.#service.reset({ resources })
    const repeat = setTimeout(() => {
      this.#repeats.delete(repeat)
      this.#service.reset({ resources })
    }, REPEAT_MS)
    this.#repeats.add(repeat)
  }

  stop(): void {
    for (const repeat of this.#repeats) clearTimeout(repeat)
  }
}
