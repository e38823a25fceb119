export { natsPartition } from "./nats-partition.ts"
export type { OwnerTask } from "./owner-tasks.ts"
export { type Location, Shards, type ShardsOptions, type ShardWork } from "./shards.ts"
