import type { ShownEvent } from "../../contract/publish-event.ts"

/** Most bytes of JSON in a page, so that it fits into one NATS message. */
const PAGE_MAX_BYTES = 768 * 1024

/** As many of the first events as fit into one answer. */
export function fitting(events: readonly ShownEvent[]): readonly ShownEvent[] {
  let bytes = 0
  const tooMany = events.findIndex((event) => {
    bytes += Buffer.byteLength(JSON.stringify(event))
    return bytes > PAGE_MAX_BYTES
  })
  return tooMany === -1 ? events : events.slice(0, tooMany)
}
