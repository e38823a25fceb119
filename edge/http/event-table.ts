import { stringify } from "csv-stringify/sync"
import { PublishEvent, type ShownEvent } from "../../service/schemas/publish-event.ts"

/** The columns of a table of events. */
const columns = ["seq", "received_at", ...Object.keys(PublishEvent.shape)]

/** How events are written into a file. */
export interface EventFormat {
  readonly contentType: string
  /** What comes before the first event. */
  readonly head: string
  write(events: readonly ShownEvent[]): string
}

/**
 * The formats of an export, by name.
 *
 * csv: RFC 4180, with a header, in UTF-8. A text that begins like a formula gets a `'` in front, since whoever opens the file in
 * a spreadsheet would run what a customer has put there; numbers stay as they are. Source: OWASP, "CSV Injection".
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
    write: (events) => csv(events.map((event) => columns.map((name) => event[name as keyof ShownEvent]))),
  },
} as const satisfies Record<string, EventFormat>

function csv(rows: readonly (readonly (string | number)[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    { record_delimiter: "windows", escape_formulas: true },
  )
}
