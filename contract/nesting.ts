/**
 * True for a JSON value with more levels of objects and lists than `levels`. What is parsed from a deep text may be too deep for
 * `JSON.stringify`, so this goes no deeper than it must.
 */
export function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false
  return levels === 0 || Object.values(value).some((each) => nestsDeeper(each, levels - 1))
}
