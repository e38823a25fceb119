import { type KV, Kvm } from "@nats-io/kv"
import type { NatsConnection } from "nats"
import { partitionOf } from "../log/subjects.ts"
import type { Shop } from "./shop-projection.ts"
import { readSnapshot, writeSnapshot } from "./shop-snapshot.ts"

export const BUCKET = "projections"

/** A snapshot that nobody renews is forgotten after this time, in ms; it can be made from the log again. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000

/** Keeps shops, with the sequence up to which they have the log, in a JetStream KV bucket: key `<partition>.<shop_id>`. */
export class Snapshots {
  readonly #kv: KV
  readonly #log: () => string

  private constructor(kv: KV, log: () => string) {
    this.#kv = kv
    this.#log = log
  }

  /** @param log says when the stream was made that is followed: a snapshot of another one is not used */
  static async open(nc: NatsConnection, log: () => string): Promise<Snapshots> {
    return new Snapshots(await new Kvm(nc).create(BUCKET, { history: 1, ttl: KEEP_MS }), log)
  }

  /** The last snapshot of a shop; undefined when there is none that can be used. */
  async read(shopId: string): Promise<Shop | undefined> {
    const entry = await this.#kv.get(keyOf(shopId))
    return entry?.operation === "PUT" ? readSnapshot(entry.string(), this.#log()) : undefined
  }

  async write(shopId: string, shop: Shop): Promise<void> {
    await this.#kv.put(keyOf(shopId), writeSnapshot(shop, this.#log()))
  }
}

function keyOf(shopId: string): string {
  return `${partitionOf(shopId)}.${shopId}`
}
