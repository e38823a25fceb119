/**
 * The usual JSON of a value. Old versions of Prototype.js give arrays a `toJSON` that turns them into text, so that a cart's
 * lines would not arrive as an array.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key: string, written: unknown) {
    const original = this[key]
    return Array.isArray(original) || isPlain(original) ? original : written
  })
}

function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Object.hasOwn(value, "toJSON")) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
