/**
 * The order in which to show a list while somebody points at it or is in it with the keyboard: what is shown stays where it is, and what
 * is new comes last, so that no button moves away from under a finger.
 */
export function steadyOrder<T>(
  before: readonly string[],
  items: readonly T[],
  idOf: (item: T) => string,
): readonly T[] {
  const places = new Map(before.map((id, i) => [id, i]))
  const place = (item: T) => places.get(idOf(item)) ?? Number.POSITIVE_INFINITY
  // Infinity minus Infinity is no number, so new ones are compared as equal.
  return items.toSorted((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)))
}
