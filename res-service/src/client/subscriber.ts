import type { ResError } from "../errors.ts"
import type { CachedResource } from "./cached-resource.ts"
import type { ResourceEvent } from "./resource-event.ts"
import type { Throttle } from "./throttle.ts"

/** Something that needs a resource of the cache and its events. */
export interface Subscriber {
  /** Resource name and query. */
  readonly name: string
  readonly query: string
  /** Called once: with the resource, or with an error. */
  loaded(resource: CachedResource | undefined, error?: ResError): void
  /** Called for each event after `loaded`, in order. After a `delete` event the subscription has ended. */
  event(event: ResourceEvent): void
  /**
   * Called when access to the resource should be asked for again, after a reset or a reconnect. It may not have changed, so a
   * missing answer is no reason to end the subscription.
   */
  reaccess(throttle: Throttle | undefined): void
}
