import type { StreamConfig, StreamInfo } from "@nats-io/jetstream"
import { type KV, type KvEntry, Kvm, type KvOptions, type KvWatchEntry } from "@nats-io/kv"
import type { QueuedIterator } from "nats"
import type { JetStream } from "./jetstream.ts"
import { orUnavailable } from "./unavailable.ts"

/**
 * A JetStream KV bucket that keeps the last value of each key. Every method throws `system.serviceUnavailable` as those of `JetStream`
 * do.
 */
export class Bucket {
  readonly name: string
  readonly #js: JetStream
  readonly #options: Partial<KvOptions>
  #kv: Promise<KV> | undefined

  /** @param options of a bucket that is made */
  constructor(js: JetStream, name: string, options: Partial<KvOptions> = {}) {
    this.#js = js
    this.name = name
    this.#options = options
  }

  /** The stream behind the bucket. */
  get stream(): string {
    return `KV_${this.name}`
  }

  /** Makes the bucket when it is missing; the first access to it does that too. */
  async open(): Promise<StreamInfo> {
    this.#kv = undefined
    return await this.#use(() => this.info())
  }

  async info(): Promise<StreamInfo> {
    return await this.#js.info(this.stream)
  }

  /** Changes settings of the stream behind the bucket. */
  async configure(changes: Partial<StreamConfig>): Promise<void> {
    await this.#js.update(this.stream, changes)
  }

  /** The value of a key; undefined when it has none. */
  async get(key: string): Promise<KvEntry | undefined> {
    const entry = await this.entry(key)
    return entry?.operation === "PUT" ? entry : undefined
  }

  /** The last entry of a key: its value, or the mark that it was deleted. */
  async entry(key: string): Promise<KvEntry | undefined> {
    return (await this.#use((kv) => kv.get(key))) ?? undefined
  }

  /** Resolves to the revision. */
  async put(key: string, value: string | Uint8Array): Promise<number> {
    return await this.#use((kv) => kv.put(key, value))
  }

  /** Sets a key that has no value. Resolves to the revision. */
  async create(key: string, value: string | Uint8Array): Promise<number> {
    return await this.#use((kv) => kv.create(key, value))
  }

  /** Replaces the entry with a revision; 0: the key has none. Resolves to the new revision. */
  async replace(key: string, value: string, revision: number): Promise<number> {
    return await this.#js.replace(this.#subjectOf(key), value, revision)
  }

  /** Deletes a key. `ttl`: how long the mark of that is kept, for example "60s"; default: as long as a value. */
  async purge(key: string, options: { readonly previousSeq?: number; readonly ttl?: string } = {}): Promise<void> {
    await this.#use((kv) => kv.purge(key, options))
  }

  /** Removes the last entry of a key and overwrites its bytes on the disk. False: there was none. */
  async erase(key: string): Promise<boolean> {
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

  #subjectOf(key: string): string {
    return `$KV.${this.name}.${key}`
  }

  async #use<T>(task: (kv: KV) => Promise<T>): Promise<T> {
    this.#kv ??= new Kvm(this.#js.client).create(this.name, { history: 1, ...this.#options }).catch((error) => {
      this.#kv = undefined
      throw error
    })
    return await orUnavailable(`JetStream does not answer for the bucket ${this.name}`, this.#kv.then(task))
  }
}
