import { createReadStream } from "node:fs"
import { createInterface } from "node:readline"
import { HistoryPart } from "../contract/history.ts"
import { ShopId } from "../contract/publish-event.ts"
import { feed } from "../contract/store.ts"
import { gatewayUrl } from "./doors.ts"
import { InputError, UsageError } from "./exit-status.ts"
import { askJson } from "./requests.ts"
import type { Terminal } from "./terminal.ts"

/** An event that was stored before. */
export interface RecordedEvent {
  /** Where it comes from, such as `line 7` or `#57`. */
  readonly place: string
  readonly event: object
  readonly shop: string
  /** When it was stored, or happened; in ms since the epoch. */
  readonly at: number
}

/** A part of a shop's history, both ends included: of sequences, or of times. */
export type Range =
  | { readonly kind: "seqs"; readonly from: number; readonly to: number }
  | { readonly kind: "times"; readonly from: string; readonly to: string }

/**
 * Reads `from..to`; undefined for a text without `..` between two ends, which is a file's name.
 *
 * @throws {UsageError} one end is a sequence or a time, but not the other
 */
export function rangeIn(text: string): Range | undefined {
  const [, from = "", to = ""] = /^([^/\\]+?)\.\.([^/\\]+)$/.exec(text) ?? []
  if (from === "") return undefined
  if (/^\d+$/.test(from) && /^\d+$/.test(to)) return { kind: "seqs", from: Number(from), to: Number(to) }
  const times = [from, to].map((end) => new Date(end))
  const [begin, end] = times
  if (begin === undefined || end === undefined || times.some((time) => Number.isNaN(time.getTime()))) {
    throw new UsageError(`${text}: expected two sequences, as in 100..200, or two times, as in 2026-03-01..2026-03-02`)
  }
  return { kind: "times", from: begin.toISOString(), to: end.toISOString() }
}

/**
 * The events of a file, one a line, as `GET /export` writes them.
 *
 * @param only the shop whose events count; undefined: all
 * @throws {UsageError} no such file · {InputError} a line that is no event
 */
export async function* eventsOfFile(file: string, only: string | undefined): AsyncGenerator<RecordedEvent> {
  const input = createReadStream(file, "utf8")
  let number = 0
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number++
      if (line.trim() === "") continue
      const event = parsed(line)
      const at = Date.parse(String(event?.received_at ?? event?.create_time))
      const shop = ShopId.safeParse(event?.shop_id)
      if (event === undefined || !shop.success || Number.isNaN(at)) {
        throw new InputError(`line ${number}: expected an event as JSON, with shop_id and create_time`)
      }
      if (only === undefined || shop.data === only) yield { place: `line ${number}`, event, shop: shop.data, at }
    }
  } catch (error) {
    if (error instanceof Error && "code" in error) throw new UsageError(`${file}: expected a readable file`)
    throw error
  }
}

/** Events of a shop, read from its feed through the gateway. */
export async function* eventsOfRange(
  terminal: Terminal,
  shop: string,
  range: Range,
  headers: Readonly<Record<string, string>>,
): AsyncGenerator<RecordedEvent> {
  const url = `${await gatewayUrl(terminal)}/api/${feed.name({ shop_id: shop }).replaceAll(".", "/")}/read`
  const times = range.kind === "times" ? { from: range.from, to: range.to } : {}
  const last = range.kind === "seqs" ? range.to : Number.POSITIVE_INFINITY
  let after = range.kind === "seqs" ? Math.max(0, range.from - 1) : 0
  for (;;) {
    const body = JSON.stringify({ after, ...times })
    const part = HistoryPart.parse(await askJson(url, { method: "POST", body, headers, signal: terminal.signal }))
    for (const event of part.events) {
      if (event.seq > last) return
      yield { place: `#${event.seq}`, event, shop, at: Date.parse(event.received_at) }
    }
    if (part.end || part.after >= last) return
    after = part.after
  }
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
