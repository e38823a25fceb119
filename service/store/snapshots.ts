import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { Bucket } from "../jetstream/bucket.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import type { Log } from "../log/log.ts"
import { partitionOf } from "../log/subjects.ts"
import type { Shop } from "../projections/shop.ts"
import { readSnapshot, writeSnapshot } from "./shop-snapshot.ts"

export const BUCKET = "projections"

/** How long a snapshot is kept that nobody renews, in ms. It can be made from the log again. */
const KEEP_MS = 30 * 24 * 60 * 60 * 1000

/** The bucket of the keys by which snapshots are encrypted. */
const KEY_BUCKET = "projection-keys"

const CIPHER = "aes-256-gcm"
const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * Keeps shops in a JetStream KV bucket, each with the sequence of the last record in it: key `<partition>.<shop_id>`.
 *
 * JetStream leaves the bytes of replaced snapshots on the disk until it needs the room. So snapshots are encrypted. Each shop has its own
 * key in another bucket, which is written once and never replaced. To erase all snapshots that a shop ever had, it is enough to overwrite
 * that key.
 */
export class Snapshots {
  readonly #snapshots: Bucket
  readonly #keys: Bucket
  readonly #log: Pick<Log, "created">

  /** @param log a snapshot of another log is not used */
  constructor(js: JetStream, log: Pick<Log, "created">) {
    this.#snapshots = new Bucket(js, BUCKET, { ttlMs: KEEP_MS })
    this.#keys = new Bucket(js, KEY_BUCKET)
    this.#log = log
  }

  async open(): Promise<void> {
    await Promise.all([this.#snapshots.open(), this.#keys.open()])
  }

  /** The last snapshot of a shop; undefined when no usable one exists. */
  async read(shopId: string): Promise<Shop | undefined> {
    const entry = await this.#snapshots.get(keyOf(shopId))
    if (entry === undefined) return undefined
    const text = decrypted(entry.value, await this.#keyOf(shopId))
    return text === undefined ? undefined : readSnapshot(text, this.#log.created)
  }

  /** A shop as it is now, for `write`. */
  textOf(shop: Shop): string {
    return writeSnapshot(shop, this.#log.created)
  }

  /** @param text of `textOf`: a shop changes while its snapshot is written */
  async write(shopId: string, text: string): Promise<void> {
    const key = (await this.#keyOf(shopId)) ?? (await this.#newKeyOf(shopId))
    await this.#snapshots.put(keyOf(shopId), encrypted(text, key))
  }

  /** Makes all snapshots that a shop ever had unreadable. Resolves to whether there was one. */
  async erase(shopId: string): Promise<boolean> {
    const erased = await this.#keys.erase(keyOf(shopId))
    if (erased) await this.#snapshots.purge(keyOf(shopId))
    return erased
  }

  async #keyOf(shopId: string): Promise<Uint8Array | undefined> {
    return (await this.#keys.get(keyOf(shopId)))?.value
  }

  async #newKeyOf(shopId: string): Promise<Uint8Array> {
    const key = randomBytes(KEY_BYTES)
    await this.#keys.create(keyOf(shopId), key)
    return key
  }
}

function keyOf(shopId: string): string {
  return `${partitionOf(shopId)}.${shopId}`
}

function encrypted(text: string, key: Uint8Array): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, key, iv)
  const data = [cipher.update(text, "utf8"), cipher.final()]
  return Buffer.concat([iv, cipher.getAuthTag(), ...data])
}

/** Undefined: it was encrypted with another key. */
function decrypted(bytes: Uint8Array, key: Uint8Array | undefined): string | undefined {
  if (key === undefined) return undefined
  const data = bytes.subarray(IV_BYTES + TAG_BYTES)
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES))
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
    return Buffer.concat([decipher.update(data), decipher.final()]).toString()
  } catch {
    return undefined
  }
}
