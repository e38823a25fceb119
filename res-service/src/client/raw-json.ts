/**
 * Splits JSON text without changing it. A gateway passes values on, but `JSON.parse` would turn `1.0` into `1` and round
 * `12345678901234567890`.
 *
 * All functions except `isJson` expect valid JSON.
 */

const QUOTE = 34
const COMMA = 44
const COLON = 58
const OPEN_BRACKET = 91
const BACKSLASH = 92
const CLOSE_BRACKET = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125

export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** The members of an object in their order, with the JSON text of each value; undefined for any other kind of value. */
export function members(text: string): [name: string, raw: string][] | undefined {
  let at = skipSpace(text, 0)
  if (text.charCodeAt(at) !== OPEN_BRACE) return undefined
  const found: [string, string][] = []
  at = skipSpace(text, at + 1)
  while (text.charCodeAt(at) !== CLOSE_BRACE) {
    const nameEnd = endOfString(text, at)
    const name = parseString(text.slice(at, nameEnd))
    at = skipSpace(text, skipSpace(text, nameEnd) + 1)
    const end = endOfValue(text, at)
    found.push([name, text.slice(at, end)])
    at = skipSpace(text, end)
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1)
  }
  return found
}

/** The JSON text of each element of an array; undefined for any other kind of value. */
export function elements(text: string): string[] | undefined {
  let at = skipSpace(text, 0)
  if (text.charCodeAt(at) !== OPEN_BRACKET) return undefined
  const found: string[] = []
  at = skipSpace(text, at + 1)
  while (text.charCodeAt(at) !== CLOSE_BRACKET) {
    const end = endOfValue(text, at)
    found.push(text.slice(at, end))
    at = skipSpace(text, end)
    if (text.charCodeAt(at) === COMMA) at = skipSpace(text, at + 1)
  }
  return found
}

/** Decodes a JSON string, with its quotes. */
export function parseString(raw: string): string {
  return raw.includes("\\") ? (JSON.parse(raw) as string) : raw.slice(1, -1)
}

/**
 * The same value without white space between its tokens, and safe in HTML: Resgate, which is written in Go, escapes `<`, `>`, `&`
 * and the two line separators in all JSON that it passes on.
 */
export function compact(text: string): string {
  return escapeHtml(stripSpace(text))
}

/** A string as JSON, escaped like in `compact`. */
export function quote(text: string): string {
  return escapeHtml(JSON.stringify(text))
}

const UNSAFE = /[<>&\u2028\u2029]/
const EACH_UNSAFE = /[<>&\u2028\u2029]/g

function escapeHtml(text: string): string {
  if (!UNSAFE.test(text)) return text
  return text.replace(EACH_UNSAFE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

function stripSpace(text: string): string {
  let out = ""
  let kept = 0
  let at = 0
  while (at < text.length) {
    const c = text.charCodeAt(at)
    if (c === QUOTE) at = endOfString(text, at)
    else if (isSpace(c)) {
      out += text.slice(kept, at)
      at = skipSpace(text, at)
      kept = at
    } else at++
  }
  return kept === 0 ? text : out + text.slice(kept)
}

function isSpace(c: number): boolean {
  return c === 32 || c === 10 || c === 13 || c === 9
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (isSpace(text.charCodeAt(at))) at++
  return at
}

function endOfString(text: string, from: number): number {
  let at = from
  for (;;) {
    at = text.indexOf('"', at + 1)
    if (at === -1) throw new SyntaxError("unterminated string")
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return at + 1
  }
}

function endOfValue(text: string, from: number): number {
  const first = text.charCodeAt(from)
  if (first === QUOTE) return endOfString(text, from)
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return endOfNesting(text, from)
  let at = from
  while (at < text.length && !isDelimiter(text.charCodeAt(at))) at++
  return at
}

function endOfNesting(text: string, from: number): number {
  let depth = 0
  let at = from
  while (at < text.length) {
    const c = text.charCodeAt(at)
    if (c === QUOTE) {
      at = endOfString(text, at)
      continue
    }
    at++
    if (c === OPEN_BRACE || c === OPEN_BRACKET) depth++
    else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) {
      depth--
      if (depth === 0) return at
    }
  }
  throw new SyntaxError("unterminated object or array")
}

function isDelimiter(c: number): boolean {
  return c === COMMA || c === CLOSE_BRACE || c === CLOSE_BRACKET || c === COLON || isSpace(c)
}
