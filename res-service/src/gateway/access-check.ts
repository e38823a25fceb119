import { isNoAnswer } from "../client/cached-resource.ts"
import type { AccessAnswer } from "../client/messages.ts"
import type { Throttle } from "../client/throttle.ts"
import type { ResError } from "../errors.ts"
import type { Rid } from "../rid.ts"
import { refusalToCall, refusalToGet } from "./access.ts"
import type { ServiceRequests } from "./service-requests.ts"

interface Waiter {
  readonly onAnswer: (answer: AccessAnswer) => void
  /** Also called if the check was disposed, and `onAnswer` is not. */
  readonly onEnd: (() => void) | undefined
}

/**
 * Whether one client may see and call one resource. One access request answers all who ask at the same time. The answer is kept
 * until it is renewed; of errors only `system.accessDenied` is kept.
 */
export class AccessCheck {
  readonly resource: Rid
  readonly #services: ServiceRequests
  #known: AccessAnswer | undefined
  /** Those that the request under way answers; undefined: none is under way. */
  #waiters: Waiter[] | undefined
  /** Those that its answer is too old for; undefined: it is not. */
  #laterWaiters: Waiter[] | undefined
  /** When services began to be silent, in ms of `performance.now()`. */
  #silentSince: number | undefined
  #disposed = false

  constructor(services: ServiceRequests, resource: Rid) {
    this.#services = services
    this.resource = resource
  }

  /** `onDecision` gets the error if the client may not. It is not called after the check was disposed. */
  canGet(onDecision: (refusal: ResError | undefined) => void): void {
    this.#find({ onAnswer: (answer) => onDecision(refusalToGet(answer)), onEnd: undefined })
  }

  /** Like `canGet`, for a call. `onEnd` is called when the call no longer waits, even if the check was disposed meanwhile. */
  canCall(method: string, onEnd: () => void, onDecision: (refusal: ResError | undefined) => void): void {
    this.#find({ onAnswer: (answer) => onDecision(refusalToCall(answer, method)), onEnd })
  }

  /**
   * Asks again whether the client may see the resource. `onDecision` gets "unknown", and the last answer stays, if no service
   * answers and they have been silent for less than `keptMs`.
   */
  renew(
    throttle: Throttle | undefined,
    keptMs: number,
    onDecision: (refusal: ResError | undefined | "unknown") => void,
  ): void {
    const before = this.#known
    this.forget()
    const onAnswer = (answer: AccessAnswer): void => {
      if (keptMs > 0 && this.#isSilentFor(keptMs, answer.error)) {
        this.#known = before
        onDecision("unknown")
      } else onDecision(refusalToGet(answer))
    }
    this.#find({ onAnswer, onEnd: undefined }, throttle)
  }

  /** Drops the answer, also that of a request under way: services are asked again when it is needed. */
  forget(): void {
    this.#known = undefined
    if (this.#waiters) this.#laterWaiters ??= []
  }

  dispose(): void {
    this.#disposed = true
  }

  #isSilentFor(ms: number, error: ResError | undefined): boolean {
    if (error === undefined || !isNoAnswer(error)) {
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
    } else if (this.#waiters) (this.#laterWaiters ?? this.#waiters).push(waiter)
    else {
      this.#waiters = [waiter]
      this.#services.access(this.resource, (answer) => this.#take(answer), throttle)
    }
  }

  #take(answer: AccessAnswer): void {
    const waiters = this.#waiters ?? []
    const later = this.#laterWaiters
    this.#waiters = undefined
    this.#laterWaiters = undefined
    for (const { onEnd } of this.#disposed ? [...waiters, ...(later ?? [])] : waiters) onEnd?.()
    if (this.#disposed) return
    if (!later && (!answer.error || answer.error.code === "system.accessDenied")) this.#known = answer
    for (const waiter of later ?? []) this.#find(waiter)
    for (const { onAnswer } of waiters) onAnswer(answer)
  }
}
