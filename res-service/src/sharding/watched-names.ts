import { randomUUID } from "node:crypto"
import type { KV } from "@nats-io/kv"
import { ResError } from "../errors.ts"

/** A watched name is reset this long after its last reset, in ms. */
export const RESET_INTERVAL_MS = 15 * 60 * 1000
/** Time for JetStream to store a name, in ms. */
const STORE_TIMEOUT_MS = 5000
/** How long the bucket keeps the mark of a deleted key. */
const MARK_TTL = "60s"
/** A name that no gateway gets within this time after its reset, in ms, is not watched. */
const GRACE_MS = 60 * 1000

interface Watched {
  readonly shard: number
  /** When it was reset last, or got for the first time. */
  resetAt: number
  /** It was got since then. */
  got: boolean
  /** Of its key. */
  revision: number
  /** Resolves when this process has stored it. True: it has. Undefined: only an earlier owner has. */
  stored: Promise<void> | true | undefined
}

/** Names to reset now, and names that nobody watches any more. */
export interface Sweep {
  readonly toReset: readonly string[]
  readonly toUnload: readonly string[]
}

/**
 * The names that gateways may show, or patterns of them, of the shards that this process owns. Each is also stored as a key of a KV bucket,
 * `watched.<shard>.<name>`. So whoever owns the shard next knows what to reset, even if this process is killed.
 *
 * A service cannot know what gateways show. So from time to time each name is reset. What no gateway gets after that is not watched, and
 * what gateways have missed, because messages were lost between nats-servers, is right again.
 */
export class WatchedNames {
  readonly #kv: KV
  readonly #names = new Map<string, Watched>()

  constructor(kv: KV) {
    this.#kv = kv
  }

  get all(): readonly string[] {
    return [...this.#names.keys()]
  }

  /** Reads the names of shards that were acquired. The caller resets them. */
  async read(shards: readonly number[]): Promise<readonly string[]> {
    const names: string[] = []
    // Whoever answers may be behind: it has everything that was stored before when it has this mark.
    const mark = `mark.${randomUUID()}`
    const end = await this.#kv.put(mark, "")
    const entries = await this.#kv.watch({
      key: [...shards.map((shard) => `watched.${shard}.>`), mark],
      headers_only: true,
    })
    for await (const { key, operation, revision } of entries) {
      if (revision >= end) entries.stop()
      else if (operation === "PUT") {
        const { shard, name } = read(key)
        names.push(name)
        if (!this.#names.has(name))
          this.#names.set(name, { shard, resetAt: performance.now(), got: false, revision, stored: undefined })
      }
    }
    await this.#kv.purge(mark, { ttl: MARK_TTL })
    return names
  }

  /**
   * A gateway gets a resource of this name. Resolves when this process has stored the name; undefined: it had before. Answer the gateway
   * only after that. Rejects when JetStream does not store it.
   *
   * The name is stored even if an earlier owner has done that: it may have begun to delete it.
   */
  got(shard: number, name: string): Promise<void> | undefined {
    const watched = this.#names.get(name) ?? {
      shard,
      resetAt: performance.now(),
      got: true,
      revision: 0,
      stored: undefined,
    }
    this.#names.set(name, watched)
    watched.got = true
    if (watched.stored === true) return undefined
    watched.stored ??= this.#store(name, watched)
    return watched.stored
  }

  /** Drops the names of shards that are owned no more; they stay stored. Returns them. */
  release(shards: ReadonlySet<number>): readonly string[] {
    const released = [...this.#names].flatMap(([name, { shard }]) => (shards.has(shard) ? [name] : []))
    for (const name of released) this.#names.delete(name)
    return released
  }

  /**
   * Call it every few seconds. It forgets the names of `toUnload`.
   *
   * @param isDisturbed gets may be lost, so it is not known what nobody gets
   */
  sweep(isDisturbed: boolean): Sweep {
    const now = performance.now()
    const toReset: string[] = []
    const toUnload: string[] = []
    for (const [name, watched] of this.#names) {
      const idleMs = now - watched.resetAt
      if (idleMs >= RESET_INTERVAL_MS) {
        watched.resetAt = now
        watched.got = false
        toReset.push(name)
      } else if (!watched.got && isDisturbed) {
        watched.resetAt = now
      } else if (!watched.got && idleMs >= GRACE_MS) {
        this.#names.delete(name)
        toUnload.push(name)
        const options = { previousSeq: watched.revision, ttl: MARK_TTL }
        // If this fails, whoever owns the shard next resets the name in vain.
        void this.#kv.purge(keyOf(watched.shard, name), options).catch(() => {})
      }
    }
    return { toReset, toUnload }
  }

  async #store(name: string, watched: Watched): Promise<void> {
    try {
      watched.revision = await this.#kv.put(keyOf(watched.shard, name), "", { timeout: STORE_TIMEOUT_MS })
      watched.stored = true
    } catch (cause) {
      watched.stored = undefined
      throw new ResError("system.serviceUnavailable", "JetStream does not store what is watched", undefined, { cause })
    }
  }
}

/** A name may contain characters that a key may not: each of their bytes is written as `=` and two hexadecimal digits. */
function keyOf(shard: number, name: string): string {
  const safe = name.replace(/[^\w.-]/gu, (char) => Buffer.from(char).toString("hex").replace(/../g, "=$&"))
  return `watched.${shard}.${safe}`
}

function read(key: string): { readonly shard: number; readonly name: string } {
  const [, shard, ...parts] = key.split(".")
  const name = parts
    .join(".")
    .replace(/(?:=[0-9a-f]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll("=", ""), "hex").toString())
  return { shard: Number(shard), name }
}
