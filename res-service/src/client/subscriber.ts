import type { ResError } from "../errors.ts"
import type { CachedResource } from "./cached-resource.ts"
import type { ResourceEvent } from "./resource-event.ts"
import type { Throttle } from "./throttle.ts"

/** Somebody who wants to have a resource of the cache and its events. */
export interface Subscriber {
  /** Resource name and query. */
  readonly name: string
  readonly query: string
  /** Called once: with the resource, or with the error for which there is none. */
  loaded(resource: CachedResource | undefined, error?: ResError): void
  /** Called for each event after `loaded`, in order. After a `delete` event the subscription has ended. */
  event(event: ResourceEvent): void
  /**
   * The permission to see the resource should be asked for again. `reconnected`: because a change of it may have been
   * missed, so that silence of the services is no reason to withdraw it.
   */
  reaccess(throttle: Throttle | undefined, reconnected: boolean): void
}
