import { z } from "zod"
import { PublishEvent, withDashes } from "./publish-event.ts"

/**
 * An event as it is taken from senders that are less exact than `PublishEvent` asks: numbers as text, UUIDs without dashes, times
 * in the usual other forms. What comes out is a `PublishEvent`; what is one already comes out unchanged. See docs/publish.md.
 */
export const LaxEvent = z.transform<unknown, PublishEvent>((given, context) => {
  // Nearly all events are exact, and cost no more than one look.
  const exact = PublishEvent.safeParse(given)
  if (exact.success) return exact.data
  const parsed = PublishEvent.safeParse(normalised(given))
  if (parsed.success) return parsed.data
  for (const { path, message } of parsed.error.issues) {
    const expected = path[0] === "create_time" ? TIME_EXPECTED : message
    context.issues.push({ code: "custom", input: given, path: [...path], message: expected })
  }
  return z.NEVER
})

const TIME_EXPECTED =
  "expected an ISO 8601 date-time such as 2023-12-18T10:30:00Z, or the seconds or milliseconds since 1970-01-01"

/** What becomes of a field's value that is written in another way than ours. Any other value stays, and is refused by `PublishEvent`. */
const normalisers: { readonly [Field in keyof PublishEvent]?: (value: unknown) => unknown } = {
  session_id: withDashes,
  shop_id: withDashes,
  shopper_id: withDashes,
  action_id: numberOf,
  create_time: timeOf,
  product_id: numberOf,
  product_price: numberOf,
  basket_total: numberOf,
}

function normalised(given: unknown): unknown {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return given
  const fields = Object.keys(PublishEvent.shape) as (keyof PublishEvent)[]
  const event = given as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    fields
      .filter((field) => Object.hasOwn(event, field))
      .map((field) => [field, normalisers[field]?.(event[field]) ?? event[field]]),
  )
}

/** Digits, with or without sign, point and exponent. No `NaN`, no `0x`, no separators of thousands. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

function numberOf(value: unknown): unknown {
  if (typeof value !== "string" || !NUMBER.test(value.trim())) return value
  return Number(value)
}

/**
 * Seconds since the epoch have ten digits from 2001 to 2286, milliseconds thirteen. Any other number is more likely something else,
 * such as 20231218, than a time.
 */
const [SECONDS, MILLISECONDS] = [
  { from: 1e9, to: 1e10, each: 1000 },
  { from: 1e12, to: 1e13, each: 1 },
] as const

/** A date, with or without a time, with or without an offset, which the groups are. */
const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)? ?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i

function timeOf(value: unknown): unknown {
  const number = numberOf(value)
  if (typeof number === "number") return timeOfEpoch(number) ?? value
  if (typeof value !== "string") return value
  const [isTime, date, minutes = "00:00", seconds = "00", fraction, offset = "Z"] = TIME.exec(value.trim()) ?? []
  if (isTime === undefined) return value
  return `${date}T${minutes}:${seconds}${fraction === undefined ? "" : `.${fraction}`}${withColon(offset)}`
}

function timeOfEpoch(number: number): string | undefined {
  const unit = [SECONDS, MILLISECONDS].find(({ from, to }) => number >= from && number < to)
  return unit && new Date(Math.round(number * unit.each)).toISOString()
}

/** `+0200` and `+02` are `+02:00`. */
function withColon(offset: string): string {
  return offset.toUpperCase().replace(/^(...):?(..)?$/, (_, hours, minutes = "00") => `${hours}:${minutes}`)
}
