import type { SeqRange } from "../../../contract/producer.ts"

/** Sequences from 1 on, as ranges: ascending, not adjacent, not overlapping. */
export type SeqRanges = readonly SeqRange[]

export function hasSeq(ranges: SeqRanges, seq: number): boolean {
  return ranges.some(([from, to]) => from <= seq && seq <= to)
}

/** The ranges with one more sequence, which they must not have yet. */
export function addSeq(ranges: SeqRanges, seq: number): SeqRanges {
  const before = ranges.filter(([, to]) => to < seq)
  const after = ranges.slice(before.length)
  const [left, right] = [before.at(-1), after[0]]
  const joinsLeft = left !== undefined && left[1] === seq - 1
  const joinsRight = right !== undefined && right[0] === seq + 1
  const joined: SeqRange = [joinsLeft ? left[0] : seq, joinsRight ? right[1] : seq]
  return [...(joinsLeft ? before.slice(0, -1) : before), joined, ...(joinsRight ? after.slice(1) : after)]
}

/** The highest sequence; 0 when there is none. */
export function highestSeq(ranges: SeqRanges): number {
  return ranges.at(-1)?.[1] ?? 0
}

/** The sequences between 1 and the highest that the ranges do not have. */
export function missingIn(ranges: SeqRanges): SeqRange[] {
  return ranges.flatMap(([from], i): SeqRange[] => {
    const next = (ranges[i - 1]?.[1] ?? 0) + 1
    return next < from ? [[next, from - 1]] : []
  })
}
