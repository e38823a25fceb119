import { defaultProfile, type Profile, type ProfilePatch } from "../../contract/profile.ts"
import { Bucket } from "../jetstream/bucket.ts"
import type { JetStream } from "../jetstream/jetstream.ts"
import { partitionOf } from "../log/subjects.ts"

const BUCKET = "profiles"

/** The fields that a shop has set. */
type Settled = Partial<Omit<Profile, "set">>

/**
 * Keeps the profiles of shops in a JetStream KV bucket, key `<partition>.<shop_id>`: only what was set. Every write names the revision that
 * it replaces. Methods throw `system.serviceUnavailable` when JetStream does not answer, or when somebody else wrote meanwhile.
 */
export class Profiles {
  readonly #bucket: Bucket

  constructor(js: JetStream) {
    this.#bucket = new Bucket(js, BUCKET)
  }

  async open(): Promise<void> {
    await this.#bucket.open()
  }

  /** Calls `listener` when the bucket was lost, with all profiles. */
  onLost(listener: () => void): void {
    this.#bucket.onReplaced(listener)
  }

  async of(shopId: string): Promise<Profile> {
    return profileOf((await this.#read(shopId)).fields)
  }

  /** Sets some fields. Resolves to the profile before and after. */
  async set(shopId: string, patch: ProfilePatch): Promise<{ readonly before: Profile; readonly after: Profile }> {
    const { fields, revision } = await this.#read(shopId)
    const given = Object.entries({ ...fields, ...patch }).filter(([, value]) => value !== null && value !== undefined)
    const next: Settled = Object.fromEntries(given)
    const stored = JSON.stringify(next)
    if (stored !== JSON.stringify(fields)) await this.#bucket.replace(keyOf(shopId), stored, revision)
    return { before: profileOf(fields), after: profileOf(next) }
  }

  async #read(shopId: string): Promise<{ readonly fields: Settled; readonly revision: number }> {
    const entry = await this.#bucket.entry(keyOf(shopId))
    return { fields: entry?.operation === "PUT" ? entry.json<Settled>() : {}, revision: entry?.revision ?? 0 }
  }
}

function profileOf(fields: Settled): Profile {
  return { ...defaultProfile, ...fields, set: Object.keys(fields).length > 0 }
}

function keyOf(shopId: string): string {
  return `${partitionOf(shopId)}.${shopId}`
}
