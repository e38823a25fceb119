import { valueKey, type WireValue } from "./wire-value.ts"

export type Step =
  | { readonly type: "remove"; readonly idx: number }
  | { readonly type: "add"; readonly idx: number; readonly value: WireValue }

/** With more pairs to compare, everything that differs is replaced. The table takes up to 16 MiB and some 20 ms. */
const MAX_PAIRS = 4_000_000

/**
 * The steps that turn one collection into another and keep as many values as possible: first removes, highest index first, then
 * adds, lowest index first.
 */
export function diff(from: readonly WireValue[], to: readonly WireValue[]): Step[] {
  const [a, b] = numbered(from, to)
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let aEnd = a.length
  let bEnd = b.length
  while (aEnd > start && bEnd > start && a[aEnd - 1] === b[bEnd - 1]) {
    aEnd--
    bEnd--
  }
  return steps(a.slice(start, aEnd), b.slice(start, bEnd), start, to)
}

/** Equal values get equal numbers. */
function numbered(from: readonly WireValue[], to: readonly WireValue[]): [number[], number[]] {
  const numbers = new Map<string, number>()
  const numberOf = (value: WireValue): number => {
    const key = `${value.type} ${valueKey(value)}`
    const known = numbers.get(key) ?? numbers.size
    numbers.set(key, known)
    return known
  }
  return [from.map(numberOf), to.map(numberOf)]
}

function steps(a: readonly number[], b: readonly number[], start: number, to: readonly WireValue[]): Step[] {
  const width = a.length + 1
  const common = a.length * b.length > MAX_PAIRS ? undefined : commonLengths(a, b)
  const length = (i: number, j: number): number => common?.[i + width * j] ?? 0
  const removes: Step[] = []
  const adds: { to: number; at: number; removedAbove: number }[] = []
  let i = a.length
  let j = b.length
  while (i > 0 || j > 0) {
    if (common && i > 0 && j > 0 && a[i - 1] === b[j - 1]) {
      i--
      j--
    } else if (j > 0 && (i === 0 || length(i, j - 1) >= length(i - 1, j))) {
      j--
      adds.push({ to: start + j, at: start + i, removedAbove: removes.length })
    } else {
      i--
      removes.push({ type: "remove", idx: start + i })
    }
  }
  const added = adds.reverse().map(({ to: at, at: idx, removedAbove }, earlier): Step => {
    const removedBelow = removes.length - removedAbove
    return { type: "add", idx: idx - removedBelow + earlier, value: to[at] as WireValue }
  })
  return [...removes, ...added]
}

/** At `i + (a.length + 1) * j`: the length of the longest common subsequence of the first `i` of `a` and `j` of `b`. */
function commonLengths(a: readonly number[], b: readonly number[]): Uint32Array {
  const width = a.length + 1
  const table = new Uint32Array(width * (b.length + 1))
  for (let j = 1; j <= b.length; j++) {
    for (let i = 1; i <= a.length; i++) {
      const here = i + width * j
      table[here] =
        a[i - 1] === b[j - 1]
          ? (table[here - width - 1] as number) + 1
          : Math.max(table[here - 1] as number, table[here - width] as number)
    }
  }
  return table
}
