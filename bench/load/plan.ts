/** Where a load goes: to `POST /publish/{shop_id}`, or straight to JetStream. */
export type Door = "http" | "jetstream"

/** As many requests as there are answers, each connection one at a time. Each connection has a shop of its own. */
export interface Load {
  readonly connections: number
  /** Of each POST: 1 is sent as an object, more as an array. */
  readonly events: number
  /** Each with an `Idempotency-Key` of its own. */
  readonly keyed: boolean
}

/** What the load process runs. */
export interface Plan extends Load {
  readonly door: Door
  readonly url: string
  readonly seconds: number
}

/** What came of it: answers, not events. */
export interface Outcome {
  readonly answers: number
  readonly elapsedMs: number
  readonly p50Ms: number
  readonly p99Ms: number
}
