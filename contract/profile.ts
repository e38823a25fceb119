import { z } from "zod"
import { IDLE_AFTER_S, MAX_DISPLAY_NAME } from "./limits.ts"
import { shownName } from "./text.ts"

const MAX_LANGUAGES = 20
/** Most spans of opening hours on one day. */
const MAX_SPANS = 10
/** The longest threshold of a basket's age, in seconds: a basket without activity for a day is dropped. */
const MAX_AGE_S = 24 * 60 * 60

const Currency = z
  .string("expected an ISO 4217 currency code")
  .refine((code) => Intl.supportedValuesOf("currency").includes(code), "expected an ISO 4217 currency code such as EUR")

/** A zone is a name: an offset would be wrong for half of the year. */
const TimeZone = z
  .string("expected an IANA time zone")
  .refine((zone) => /^[a-z]/i.test(zone) && isKnownZone(zone), "expected an IANA time zone such as Europe/Berlin")

const Language = z
  .string("expected a BCP 47 language tag")
  .max(35, "expected at most 35 characters")
  .refine(isLanguageTag, "expected a BCP 47 language tag such as es-MX")

/** A local time of the day, from 00:00 to 24:00. */
const LocalTime = z
  .string("expected a time")
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, "expected a local time such as 09:30")

const Span = z
  .tuple([LocalTime, LocalTime], "expected a start and an end")
  .refine(
    ([start, end]) => start < end,
    "expected the start before the end; hours past midnight belong to the next day",
  )

const Spans = z.array(Span, "expected a list of spans").max(MAX_SPANS, `expected at most ${MAX_SPANS} spans`).readonly()

/** When a shop is open, in local time: `{ mon: [["09:00", "18:00"]] }`. It is closed on a day that is missing. */
export const OpeningHours = z.partialRecord(
  z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "expected a day: mon, tue, wed, thu, fri, sat, sun"),
  Spans,
  "expected a JSON object",
)
export type OpeningHours = Readonly<z.infer<typeof OpeningHours>>

const seconds = z
  .number("expected a number of seconds")
  .int("expected a whole number of seconds")
  .min(1, `expected 1 to ${MAX_AGE_S}`)
  .max(MAX_AGE_S, `expected 1 to ${MAX_AGE_S}`)

/** What a shop says of itself. */
export const Profile = z.object({
  /** Null: not known. */
  name: shownName.max(MAX_DISPLAY_NAME, `expected 1 to ${MAX_DISPLAY_NAME} characters`).nullable(),
  /** Of all the shop's amounts, an ISO 4217 code; null: not known. */
  currency: Currency.nullable(),
  /** An IANA name. The shop's days begin at midnight there. */
  time_zone: TimeZone,
  /** Tags as in BCP 47, the preferred one first. */
  languages: z.array(Language, "expected a list").max(MAX_LANGUAGES, `expected at most ${MAX_LANGUAGES}`).readonly(),
  /** Null: not known. */
  opening_hours: OpeningHours.nullable(),
  /** A basket without activity for this long is going cold. */
  cold_after_s: seconds,
  /** A basket without activity for this long counts as abandoned. */
  abandoned_after_s: seconds,
  /** False: nothing was set yet, and all of this is the default. */
  set: z.boolean(),
})
export type Profile = Readonly<z.infer<typeof Profile>>

/** The profile of a shop that has set nothing. */
export const defaultProfile: Profile = {
  name: null,
  currency: null,
  time_zone: "UTC",
  languages: [],
  opening_hours: null,
  cold_after_s: 10 * 60,
  abandoned_after_s: IDLE_AFTER_S,
  set: false,
}

const fields = Profile.shape

/** Some fields of a profile to set; null: back to the default. */
export const ProfilePatch = z
  .strictObject(
    {
      name: fields.name,
      currency: fields.currency,
      time_zone: fields.time_zone.nullable(),
      languages: fields.languages.nullable(),
      opening_hours: fields.opening_hours,
      cold_after_s: fields.cold_after_s.nullable(),
      abandoned_after_s: fields.abandoned_after_s.nullable(),
    },
    {
      error: ({ code, keys }) =>
        code === "unrecognized_keys" ? `unknown: ${keys.join(", ")}` : "expected a JSON object",
    },
  )
  .partial()
export type ProfilePatch = Readonly<z.infer<typeof ProfilePatch>>

function isKnownZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone }) !== undefined
  } catch {
    return false
  }
}

function isLanguageTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1
  } catch {
    return false
  }
}
