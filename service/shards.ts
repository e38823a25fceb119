import type { Location } from "res-service/sharding"
import { shoppers } from "../contract/shopwire.ts"
import { PARTITIONS, partitionOf } from "./log/subjects.ts"

/** The shard of what exists once: erasures and their index, the expiry of logins. The others have the numbers of the log's partitions. */
export const ONCE = PARTITIONS

/** How many shards there are. */
export const SHARDS = PARTITIONS + 1

/** Where a resource belongs. Undefined: every process answers for it. */
export function locate(resource: string): Location | undefined {
  const [kind, id = ""] = resource.split(".", 2)
  if (kind === "store" || kind === "session") return { shard: partitionOf(id), root: `${kind}.${id}` }
  return resource === shoppers.name({}) ? { shard: ONCE } : undefined
}
