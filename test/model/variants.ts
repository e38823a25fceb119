import type { Size } from "./adversary.ts"
import { RULES, type Rules } from "./rules.ts"
import { Model, type Property } from "./space.ts"

/** The protocol with one rule broken, and the world in which that does harm. */
export interface Variant {
  readonly name: string
  readonly broken: Partial<Rules>
  readonly property: Property
  readonly size: Size
}

/** Two processes, one shard, one gateway. */
export const SMALL: Size = {
  processes: ["A", "B"],
  shards: 1,
  faults: 2,
  events: 1,
  resets: 0,
  stops: 0,
  starts: 0,
}

/** No faults, only messages that overtake each other, and slow handlers; one process stops, and is started again. */
export const HAND_OVER: Size = {
  ...SMALL,
  faults: 1,
  kinds: ["out", "in", "watch", "work"],
  brief: true,
  resets: 1,
  stops: 1,
  starts: 1,
}

/** Too large to look at all of it. */
export const LARGE: Size = {
  processes: ["A", "B", "C"],
  shards: 2,
  faults: 5,
  events: 3,
  resets: 2,
  stops: 1,
  starts: 3,
}

export const VARIANTS: readonly Variant[] = [
  {
    name: "without a fence",
    broken: { fence: false },
    property: "one sender",
    size: { ...SMALL, events: 0, picks: "A", kinds: ["pause", "out", "watch"] },
  },
  {
    name: "with a lease that is counted from when its renewal is known to be stored",
    broken: { leaseFrom: "learnt" },
    property: "one sender",
    size: { ...SMALL, events: 0, kinds: ["pause", "in"] },
  },
  {
    name: "without marking a dead member before its shards are claimed",
    broken: { marksDead: false, renewedBy: "answer" },
    property: "one sender",
    size: { ...SMALL, events: 0, kinds: ["pause", "watch"] },
  },
  {
    name: "without compare-and-set of shards, when a watch lags",
    broken: { comparesRevisions: false },
    property: "one sender",
    size: { ...SMALL, faults: 3, events: 0, picks: "A", kinds: ["pause", "watch"] },
  },
  {
    name: "without asking whether an owner that was never seen is dead",
    broken: { confirmsDeath: false },
    property: "one sender",
    size: { ...SMALL, faults: 3, events: 0, starts: 1, picks: "A", kinds: ["kill", "watch"] },
  },
  {
    name: "with answers that leave on the connection of the member that handed the request on",
    broken: { answersLeaveOn: "forwarder" },
    property: "right in the end",
    size: { ...SMALL, resets: 1, picks: "B", kinds: ["out", "work"] },
  },
  {
    name: "with a release before the requests are answered",
    broken: { finishesBeforeRelease: false },
    property: "one sender",
    size: { ...HAND_OVER, starts: 0 },
  },
  {
    name: "with a stopping member that leaves as soon as it owns nothing",
    broken: { leavesLast: false },
    property: "no request lost",
    size: HAND_OVER,
  },
  {
    name: "with one reset",
    broken: { resets: "once" },
    property: "right in the end",
    size: { ...SMALL, faults: 1, kinds: ["pause"] },
  },
  {
    name: "with a reset that is repeated once, and once more by the member that lost its lease",
    broken: { resets: "twice" },
    property: "right in the end",
    size: { ...SMALL, faults: 1, kinds: ["out"] },
  },
  {
    name: "with a reset that is repeated once, and a gateway that remembers resets",
    broken: { resets: "twice", gateway: "own" },
    property: "right in the end",
    size: { ...SMALL, faults: 1, kinds: ["out"] },
  },
  {
    name: "with renewals that the server acknowledges while the watch stands still",
    broken: { renewedBy: "answer" },
    property: "right in the end",
    size: { ...SMALL, faults: 1, resets: 1, kinds: ["watch"] },
  },
]

export const modelOf = ({ size, property, broken }: Variant): Model =>
  new Model(size, [property], { ...RULES, ...broken })
