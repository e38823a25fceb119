import type { ProducerPlace } from "../log/producers/producer-headers.ts"

/** A record, and its place among those of its producer while others of that producer may still come before it. */
export interface Placed<R> {
  readonly record: R
  readonly place?: Pick<ProducerPlace, "id" | "epoch" | "seq"> | undefined
}

/** A state, and the records after it that are not in it yet, because others may still come between them. */
export interface Unsettled<S, R> {
  readonly base: S
  readonly records: readonly Placed<R>[]
}

/**
 * The records after one more. It comes before the first one of the same producer and epoch with a higher sequence, and else at the end.
 * So records of one producer and epoch end in the order of their sequences, in whatever order they come. `place`: of the new record, if a
 * producer has sent it. It also tells before which of the producer's records nothing can come any more.
 */
export function insertPlaced<R>(
  records: readonly Placed<R>[],
  record: R,
  place: ProducerPlace | undefined,
): readonly Placed<R>[] {
  if (place === undefined) return [...records, { record }]
  const { id, epoch, seq, firstMissing } = place
  const isBehind = (other: Placed<R>["place"]): boolean =>
    other !== undefined && other.id === id && other.epoch === epoch && other.seq > seq
  const found = records.findIndex((each) => isBehind(each.place))
  const at = found === -1 ? records.length : found
  const isFinal = (other: NonNullable<Placed<R>["place"]>): boolean =>
    other.id === id && (other.epoch < epoch || (other.epoch === epoch && other.seq < firstMissing))
  return records
    .toSpliced(at, 0, { record, place: { id, epoch, seq } })
    .map((each) => (each.place !== undefined && isFinal(each.place) ? { record: each.record } : each))
}

/** Moves records into the base: the first ones before which nothing can come any more, and those for which there is no room. */
export function settle<S, R>(
  { base, records }: Unsettled<S, R>,
  step: (state: S, record: R) => S,
  isTooMuch: (unsettled: Unsettled<S, R>) => boolean,
): Unsettled<S, R> {
  let unsettled: Unsettled<S, R> = { base, records }
  for (;;) {
    const [first, ...rest] = unsettled.records
    if (first === undefined || (first.place !== undefined && !isTooMuch(unsettled))) return unsettled
    unsettled = { base: step(unsettled.base, first.record), records: rest }
  }
}
