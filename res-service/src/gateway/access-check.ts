import { meansSilence } from "../client/cached-resource.ts"
import type { AccessAnswer } from "../client/messages.ts"
import type { Throttle } from "../client/throttle.ts"
import type { ResError } from "../errors.ts"
import type { Rid } from "../rid.ts"
import { refusalToCall, refusalToGet } from "./access.ts"
import type { ServiceRequests } from "./service-requests.ts"

interface Waiter {
  readonly onAnswer: (answer: AccessAnswer) => void
  /** Called also where `onAnswer` is not, as the check was disposed. */
  readonly onEnd: (() => void) | undefined
}

/**
 * Whether one client may see and call one resource. Services are asked once, by the first that wants to know; an answer is kept until
 * it is renewed, and an error only if it is `system.accessDenied`.
 */
export class AccessCheck {
  readonly resource: Rid
  readonly #services: ServiceRequests
  #known: AccessAnswer | undefined
  #waiters: Waiter[] | undefined
  /** Since when no service has answered, in ms of `performance.now()`. */
  #silentSince: number | undefined
  #disposed = false

  constructor(services: ServiceRequests, resource: Rid) {
    this.#services = services
    this.resource = resource
  }

  /** `onDecision` gets the reason of a refusal. It is never called once the check is disposed. */
  canGet(onDecision: (refusal: ResError | undefined) => void): void {
    this.#find({ onAnswer: (answer) => onDecision(refusalToGet(answer)), onEnd: undefined })
  }

  /** As `canGet`, for a call. `onEnd`: called once the call waits no longer, also if the check is disposed meanwhile. */
  canCall(method: string, onEnd: () => void, onDecision: (refusal: ResError | undefined) => void): void {
    this.#find({ onAnswer: (answer) => onDecision(refusalToCall(answer, method)), onEnd })
  }

  /**
   * Asks again whether the client may see the resource. `onDecision` gets "unknown" when no service has answered for less than `keptMs`
   * in a row: the last answer then stays.
   */
  renew(
    throttle: Throttle | undefined,
    keptMs: number,
    onDecision: (refusal: ResError | undefined | "unknown") => void,
  ): void {
    const before = this.#known
    this.#known = undefined
    const onAnswer = (answer: AccessAnswer): void => {
      if (keptMs > 0 && this.#isSilentFor(keptMs, answer.error)) {
        this.#known = before
        onDecision("unknown")
      } else onDecision(refusalToGet(answer))
    }
    this.#find({ onAnswer, onEnd: undefined }, throttle)
  }

  /** Asks again when the next one wants to know. */
  forget(): void {
    this.#known = undefined
  }

  dispose(): void {
    this.#disposed = true
  }

  #isSilentFor(ms: number, error: ResError | undefined): boolean {
    if (error === undefined || !meansSilence(error)) {
      this.#silentSince = undefined
      return false
    }
    this.#silentSince ??= performance.now()
    return performance.now() - this.#silentSince < ms
  }

  #find(waiter: Waiter, throttle?: Throttle): void {
    if (this.#known) {
      waiter.onEnd?.()
      waiter.onAnswer(this.#known)
    } else if (this.#waiters) this.#waiters.push(waiter)
    else {
      this.#waiters = [waiter]
      this.#services.access(this.resource, (answer) => this.#take(answer), throttle)
    }
  }

  #take(answer: AccessAnswer): void {
    const waiters = this.#waiters ?? []
    this.#waiters = undefined
    for (const { onEnd } of waiters) onEnd?.()
    if (this.#disposed) return
    if (!answer.error || answer.error.code === "system.accessDenied") this.#known = answer
    for (const { onAnswer } of waiters) onAnswer(answer)
  }
}
