import type { Msg } from "../conn.ts"

/**
 * Decides which process of a service answers a request. `Shards` of `res-service/sharding` implements it. Without one, each process answers
 * all requests that it gets.
 */
export interface Routing {
  /** The shard whose owner answers requests for a resource. Undefined: every process answers. */
  shardOf(resource: string): number | undefined
  /** Passes a request on to the owner of a shard, which may be this process. */
  route(msg: Msg, shard: number): void
  /** Says how this process handles a request that it has to answer. */
  onRequest(handle: (msg: Msg) => void): void
  /** A gateway gets a resource. Its get is answered when the result resolves. */
  got(resource: string): Promise<void> | undefined
}
