import { csvHead, csvRows } from "../../contract/event-table.ts"
import type { ShownEvent } from "../../contract/publish-event.ts"

/** How to write events into a file. */
export interface EventFormat {
  readonly contentType: string
  /** Written before the first event. */
  readonly head: string
  write(events: readonly ShownEvent[]): string
}

/** The formats of an export, by name. */
export const eventFormats = {
  ndjson: {
    contentType: "application/x-ndjson; charset=utf-8",
    head: "",
    write: (events) => events.map((event) => `${JSON.stringify(event)}\n`).join(""),
  },
  csv: { contentType: "text/csv; charset=utf-8; header=present", head: csvHead, write: csvRows },
} as const satisfies Record<string, EventFormat>
