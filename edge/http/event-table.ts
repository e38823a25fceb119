import { stringify } from "csv-stringify/sync"
import { PublishEvent, type ShownEvent } from "../../contract/publish-event.ts"

/** The columns of a table of events. */
const columns = ["seq", "received_at", ...(Object.keys(PublishEvent.shape) as (keyof PublishEvent)[])] as const

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

/** Texts that need quotes: with line ends, or characters where readers might trim or split. */
const QUOTED = new RegExp(`${SEPARATORS}|^\\s|\\s$`, "v")

/** How to write events into a file. */
export interface EventFormat {
  readonly contentType: string
  /** Written before the first event. */
  readonly head: string
  write(events: readonly ShownEvent[]): string
}

/**
 * The formats of an export, by name.
 *
 * csv: RFC 4180, with a header, in UTF-8. A spreadsheet runs a text that begins like a formula, so such a text gets a `'` in
 * front; numbers stay as they are. Source: OWASP, "CSV Injection".
 */
export const eventFormats = {
  ndjson: {
    contentType: "application/x-ndjson; charset=utf-8",
    head: "",
    write: (events) => events.map((event) => `${JSON.stringify(event)}\n`).join(""),
  },
  csv: {
    contentType: "text/csv; charset=utf-8; header=present",
    head: csv([columns]),
    write: (events) => csv(events.map((event) => columns.map((name) => event[name]))),
  },
} as const satisfies Record<string, EventFormat>

/** Marks a file as UTF-8. Source: Unicode 17, 23.8, "Byte Order Mark". */
export const BYTE_ORDER_MARK = "\ufeff"

function csv(rows: readonly (readonly (string | number)[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    { record_delimiter: "windows", quoted_match: QUOTED, cast: { string: withoutFormula } },
  )
}

/** Makes a text safe: no spreadsheet runs it. NUL becomes U+FFFD, because many readers refuse it or stop there. */
function withoutFormula(text: string): string {
  return text.replaceAll("\0", "\ufffd").replace(FORMULA, "'")
}
