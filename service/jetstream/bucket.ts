import { DiscardPolicy, RetentionPolicy, StorageType, type StoredMsg, type StreamInfo } from "@nats-io/jetstream"
import { type KV, type KvEntry, Kvm, type KvWatchEntry } from "@nats-io/kv"
import { nanos, type QueuedIterator } from "nats"
import type { Headers } from "res-service"
import type { JetStream } from "./jetstream.ts"
import type { StreamSettings } from "./own-streams.ts"
import { orUnavailable } from "./unavailable.ts"

/** Headers of the message that marks a key as deleted. */
const MARK_HEADERS = ["KV-Operation", "Nats-Marker-Reason"]

export interface BucketOptions {
  /** How long a key without writes is kept. Default: for good. */
  readonly ttlMs?: number
  /** Size of the bucket. Default: no limit. */
  readonly maxBytes?: number
  /** Marks of deleted keys may have a time to live. */
  readonly expiringMarks?: boolean
  /** Where nats-server publishes each stored entry, too. */
  readonly republish?: { readonly src: string; readonly dest: string }
}

/**
 * A JetStream KV bucket that keeps the last value of each key. Every method throws `system.serviceUnavailable` as those of `JetStream`
 * do. The first access makes the bucket when it is missing, and so does each later one.
 */
export class Bucket {
  readonly name: string
  readonly #js: JetStream
  readonly #settings: StreamSettings
  #opening: Promise<unknown> | undefined
  readonly #kv: Promise<KV>

  constructor(js: JetStream, name: string, { ttlMs = 0, maxBytes = -1, expiringMarks, republish }: BucketOptions = {}) {
    this.#js = js
    this.name = name
    this.#settings = {
      name: this.stream,
      subjects: [`$KV.${name}.>`],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.New,
      max_msgs_per_subject: 1,
      max_age: nanos(ttlMs),
      max_bytes: maxBytes,
      allow_direct: true,
      allow_rollup_hdrs: true,
      ...(expiringMarks === undefined ? {} : { allow_msg_ttl: expiringMarks }),
      ...(republish === undefined ? {} : { republish }),
    }
    // With replicas the one that answers a direct get may be behind, so the leader is asked.
    this.#kv = new Kvm(js.client).open(name, { allow_direct: js.replicas === 1 })
  }

  /** The stream behind the bucket. */
  get stream(): string {
    return `KV_${this.name}`
  }

  /** Makes the bucket, or gives its settings to an existing one. */
  async open(): Promise<StreamInfo> {
    const opening = this.#js.open(this.#settings)
    this.#opening = opening
    opening.catch(() => {
      this.#opening = undefined
    })
    return await opening
  }

  /** Calls `listener` when the bucket is another one than before: somebody has deleted it. */
  onReplaced(listener: () => void): void {
    this.#js.onReplaced(this.stream, listener)
  }

  async info(): Promise<StreamInfo> {
    await this.#opened()
    return await this.#js.info(this.stream)
  }

  /** The value of a key; undefined when it has none. */
  async get(key: string): Promise<KvEntry | undefined> {
    const entry = await this.entry(key)
    return entry?.operation === "PUT" ? entry : undefined
  }

  /** The last entry of a key: its value, or the mark that it was deleted. */
  async entry(key: string): Promise<KvEntry | undefined> {
    return await this.#use((kv) =>
      this.#js.read(
        this.stream,
        async () => (await kv.get(key)) ?? undefined,
        ({ revision }) => revision,
      ),
    )
  }

  /** The message that holds a key's value, with its headers; undefined if the key has none. */
  async message(key: string): Promise<StoredMsg | undefined> {
    await this.#opened()
    const message = await this.#js.message(this.stream, { last_by_subj: this.#subjectOf(key) })
    const isMark = MARK_HEADERS.some((name) => message?.header.has(name))
    return isMark ? undefined : message
  }

  /** Resolves to the revision. */
  async put(key: string, value: string | Uint8Array): Promise<number> {
    return this.#noted(await this.#use((kv) => kv.put(key, value)))
  }

  /** Sets a key that has no value. Resolves to the revision. */
  async create(key: string, value: string | Uint8Array): Promise<number> {
    return this.#noted(await this.#use((kv) => kv.create(key, value)))
  }

  /** Replaces the entry with a revision; 0: the key has none. Resolves to the new revision. */
  async replace(key: string, value: string, revision: number, headers?: Headers): Promise<number> {
    await this.#opened()
    return this.#noted(await this.#js.replace(this.#subjectOf(key), value, revision, headers))
  }

  /** Deletes a key. `ttl`: how long the mark of that is kept, for example "60s"; default: as long as a value. */
  async purge(key: string, options: { readonly previousSeq?: number; readonly ttl?: string } = {}): Promise<void> {
    await this.#use((kv) => kv.purge(key, options))
  }

  /** Removes the last entry of a key and overwrites its bytes on the disk. False: there was none. */
  async erase(key: string): Promise<boolean> {
    await this.#opened()
    return await this.#js.eraseLast(this.stream, this.#subjectOf(key))
  }

  /** The keys with a value that match a pattern. */
  async keys(pattern = ">"): Promise<string[]> {
    return await this.#use(async (kv) => {
      const keys: string[] = []
      for await (const key of await kv.keys(pattern)) keys.push(key)
      return keys
    })
  }

  /** The entries of all keys, and then every new one. */
  async watch(): Promise<QueuedIterator<KvWatchEntry>> {
    return await this.#use((kv) => kv.watch())
  }

  #noted(revision: number): number {
    this.#js.noteStored(this.stream, revision)
    return revision
  }

  #subjectOf(key: string): string {
    return `$KV.${this.name}.${key}`
  }

  async #opened(): Promise<void> {
    await orUnavailable(`the bucket ${this.name} cannot be opened`, this.#opening ?? this.open())
  }

  async #use<T>(task: (kv: KV) => Promise<T>): Promise<T> {
    await this.#opened()
    return await this.#js.run(`the bucket ${this.name}`, async () => await task(await this.#kv))
  }
}
