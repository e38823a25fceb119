/** A resource ID: the resource name, then optionally `?` and a query. */
export interface Rid {
  readonly name: string
  /** Without the question mark; empty when there is none. */
  readonly query: string
}

/** Splits a resource ID at its first question mark, without checking it: see `isValidRid`. */
export function parseRid(rid: string): Rid {
  const mark = rid.indexOf("?")
  return mark === -1 ? { name: rid, query: "" } : { name: rid.slice(0, mark), query: rid.slice(mark + 1) }
}

/** The opposite of `parseRid`. */
export function formatRid({ name, query }: Rid): string {
  return query === "" ? name : `${name}?${query}`
}

/** The query in one spelling for all that mean the same. Source: RES-Service protocol 1.2.3, "Get request". */
export function normalisedQuery(params: unknown): string {
  const entries = Object.entries(params as object).filter(([, value]) => value !== undefined)
  return new URLSearchParams(entries.map(([name, value]): [string, string] => [name, String(value)])).toString()
}

/**
 * True for a name of one or more non-empty parts, of printable ASCII without `*`, `>` and `?`.
 *
 * Source: RES protocol 1.2.3, "Resource IDs".
 */
export function isValidName(name: string): boolean {
  return VALID_NAME.test(name)
}

/** True for a text that may be one part of a resource name: a valid name without a dot. */
export function isValidPart(part: string): boolean {
  return VALID_PART.test(part)
}

/** True when the name is valid. The query may be any text. */
export function isValidRid(rid: string): boolean {
  return isValidName(parseRid(rid).name)
}

// Printable ASCII without space, `*` (42), `.` (46), `>` (62), `?` (63).
const PART = "[!-)+-\\-/-=@-~]+"
const VALID_PART = new RegExp(`^${PART}$`)
const VALID_NAME = new RegExp(`^${PART}(?:\\.${PART})*$`)
