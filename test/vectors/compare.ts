import type { Scope } from "./scope.ts"

type JsonObject = Record<string, unknown>

/**
 * The differences between what is expected and what came, one line each, with the place. Expected values may have
 * placeholders and matchers: `"$any"`, `{"$prefix": text}`, `{"$subset": object}`.
 */
export function compare(expected: unknown, actual: unknown, scope: Scope, place: string): string[] {
  const wrong = (what = show(expected)): string[] => [`${place}: expected ${what}, got ${show(actual)}`]
  if (expected === "$any") return actual === undefined ? wrong("a value") : []
  if (typeof expected === "string") {
    return typeof actual === "string" && scope.matches(expected, actual) ? [] : wrong()
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return wrong()
    return expected.flatMap((each, i) => compare(each, actual[i], scope, `${place}[${i}]`))
  }
  if (!isObject(expected)) return Object.is(expected, actual) ? [] : wrong()
  const { $prefix: prefix, $subset: subset } = expected
  if (typeof prefix === "string") {
    return typeof actual === "string" && actual.startsWith(scope.fill(prefix)) ? [] : wrong(`text from ${prefix}`)
  }
  if (!isObject(actual)) return wrong()
  if (isObject(subset)) return members(subset, actual, scope, place)
  const known = new Set(Object.keys(expected).map((key) => scope.fill(key)))
  const surplus = Object.keys(actual).filter((key) => !known.has(key))
  return [
    ...members(expected, actual, scope, place),
    ...surplus.map((key) => `${place}.${key}: expected nothing, got ${show(actual[key])}`),
  ]
}

function members(expected: JsonObject, actual: JsonObject, scope: Scope, place: string): string[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    const key = scope.fill(name)
    if (!(key in actual)) return [`${place}.${name}: expected ${show(value)}, got nothing`]
    return compare(value, actual[key], scope, `${place}.${name}`)
  })
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing"
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
