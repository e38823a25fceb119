/** Where a load goes: to `POST /publish/{shop_id}`, or straight to JetStream. */
export type Door = "http" | "jetstream"

/** Requests one after the other on each connection. */
export interface Load {
  readonly connections: number
  /** Of each POST: 1 is sent as an object, more as an array. */
  readonly events: number
  /** Each POST can be repeated: by an `Idempotency-Key` of its own, or by the next sequence of its connection's producer. */
  readonly repeatable?: "key" | "producer"
}

/** What the load process runs. */
export interface Plan extends Load {
  readonly door: Door
  readonly url: string
  /** Of all connections, which take turns with them. Default: each connection has one of its own. */
  readonly shopIds?: readonly string[]
  readonly seconds: number
}

/** What came of it: answers, not events. */
export interface Outcome {
  readonly answers: number
  readonly elapsedMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** CPU time of the load process itself. */
  readonly cpuSeconds: number
}
