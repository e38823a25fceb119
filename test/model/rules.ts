// Times are in ticks. Only their order matters: it is that of the real limits.

/** How long a renewal covers a member. */
export const LEASE = 2
/** A member that was not seen to renew for so long is late: requests wait instead of going to it. */
export const LATE = 1
/** How long a gateway waits for the answer to a get. */
export const GET_TIMEOUT = 2
/** How long it waits after a pre-response that says so. */
export const HELD_TIMEOUT = 3
/** After so long a reset is repeated: longer than any get takes. */
export const REPEAT = 4

/** The rules of the protocol. Each can be broken, to show what it is for. */
export interface Rules {
  /** A member without a valid lease sends nothing. */
  readonly fence: boolean
  /** From when a member counts its lease: from before it sent the renewal, or from when it learns of its success. */
  readonly leaseFrom: "sent" | "learnt"
  /** How a member learns that a renewal is stored: its own watch shows it, or the server answers. */
  readonly renewedBy: "watch" | "answer"
  /** A dead member's key is marked, if nobody has changed it, before its shards are claimed. */
  readonly marksDead: boolean
  /** Shards are claimed and released only if they have not changed since they were seen. */
  readonly comparesRevisions: boolean
  /** Before a member takes an owner without a key for dead, it asks the server whether the key is really gone. */
  readonly confirmsDeath: boolean
  /** Which connection an answer leaves on if the request was handed on: the owner's, or that of the member that handed it on. */
  readonly answersLeaveOn: "owner" | "forwarder"
  /** A shard is released only after all its requests were answered. */
  readonly finishesBeforeRelease: boolean
  /** A stopping member hands requests on until every other member knows that it owns nothing. */
  readonly leavesLast: boolean
  /**
   * How often a new owner resets: `once`; `twice`, and a member that lost its lease resets in its next term what it had;
   * or `until certain`: until no get can have been lost since the last reset, and no message of an earlier owner can come any more.
   */
  readonly resets: "once" | "twice" | "until certain"
  /** Real Resgate ignores a reset while a get is pending. Our own gateway remembers it. */
  readonly gateway: "resgate" | "own"
}

/** The rules of `docs/sharding.md`. */
export const RULES: Rules = {
  fence: true,
  leaseFrom: "sent",
  renewedBy: "watch",
  marksDead: true,
  comparesRevisions: true,
  confirmsDeath: true,
  answersLeaveOn: "owner",
  finishesBeforeRelease: true,
  leavesLast: true,
  resets: "until certain",
  gateway: "resgate",
}
