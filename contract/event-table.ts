import type { ShownEvent } from "./publish-event.ts"

/** The columns of a table of events. A list, not taken from the schema: pages load no schemas. */
export const eventColumns = [
  "seq",
  "received_at",
  "session_id",
  "shop_id",
  "shopper_id",
  "action_id",
  "create_time",
  "action",
  "product_name",
  "product_id",
  "product_price",
  "UPC",
  "category_id",
  "basket_total",
] as const satisfies readonly (keyof ShownEvent)[]

/** Marks a file as UTF-8. Source: Unicode 17, 23.8, "Byte Order Mark". */
export const BYTE_ORDER_MARK = "\ufeff"

/** Signs that begin a formula in a spreadsheet, including full-width and small characters. */
const SIGN = "[=+\\-@＝＋－＠﹦﹢﹣﹫]"
/** Characters that end a cell or a row in programs that expect another separator and ignore our quotes. */
const SEPARATORS = "[;\\t-\\r\\x1c-\\x1e\\x85\\u2028\\u2029]"
/** Characters that a spreadsheet skips before a sign: spaces, invisible characters, and quotes that it removes. */
const UNSEEN = '[\\s\\p{Cc}\\p{Cf}"]'
/** The same within one cell of such programs. It also bounds the search: a text of separators is scanned only once. */
const UNSEEN_IN_CELL = `[${UNSEEN}--${SEPARATORS}]`

/** Where a formula would begin: at the start of a text, and behind a separator. Tabs and line ends at the start count as signs. */
const FORMULA = new RegExp(`^(?=[\\t\\r\\n]|${UNSEEN}*${SIGN})|(?<=${SEPARATORS})(?=${UNSEEN_IN_CELL}*${SIGN})`, "gv")

/** Texts that need quotes: with quotes, commas or line ends, or characters where readers might trim or split. */
const QUOTED = new RegExp(`[",]|${SEPARATORS}|^\\s|\\s$`, "v")

/** The first row of a table of events in CSV. */
export const csvHead = csvRow(eventColumns)

/**
 * Events as rows of CSV: RFC 4180. A spreadsheet runs a text that begins like a formula, so such a text gets a `'` in front; numbers are
 * exact, without an exponent. Source: OWASP, "CSV Injection".
 */
export function csvRows(events: readonly ShownEvent[]): string {
  return events.map((event) => csvRow(eventColumns.map((name) => event[name]))).join("")
}

function csvRow(cells: readonly (string | number)[]): string {
  return `${cells.map((cell) => (typeof cell === "number" ? exact(cell) : quoted(withoutFormula(cell)))).join(",")}\r\n`
}

/** Makes a text safe: no spreadsheet runs it. NUL becomes U+FFFD, because many readers refuse it or stop there. */
function withoutFormula(text: string): string {
  return text.replaceAll("\0", "\ufffd").replace(FORMULA, "'")
}

function quoted(text: string): string {
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** All digits of a number, which JavaScript writes with an exponent when it is very small. */
function exact(number: number): string {
  const [, sign = "", whole = "", fraction = "", exponent] = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(String(number)) ?? []
  if (exponent === undefined) return String(number)
  return `${sign}0.${"0".repeat(Number(exponent) - 1)}${whole}${fraction}`
}
