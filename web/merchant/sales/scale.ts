/** Steps of an axis, times a power of ten. */
const STEPS = [1, 2, 2.5, 5, 10]

/** The end of an axis that has room for a value: a round number, at least `least`. */
export function axisEnd(value: number, least: number): number {
  const most = Math.max(value, least)
  const power = 10 ** Math.floor(Math.log10(most))
  const step = STEPS.find((each) => each * power >= most) ?? 10
  return Number((step * power).toPrecision(2))
}

/** The indices of labels below an axis with this many places: at most `most`, evenly spaced, from the first on. */
export function labelled(places: number, most: number): readonly number[] {
  const step = Math.max(1, Math.ceil(places / most))
  return Array.from({ length: Math.ceil(places / step) }, (_, i) => i * step)
}
