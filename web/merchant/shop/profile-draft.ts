import type { OpeningHours, Profile, ProfilePatch } from "@shopwire/client"

/** The days of a week as a profile names them, from Monday. */
export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const satisfies (keyof OpeningHours)[]
export type Weekday = (typeof weekdays)[number]

/** From when to when a shop is open, as `["09:00", "18:00"]`. */
export type Span = readonly [from: string, to: string]
export type Hours = Readonly<Record<Weekday, readonly Span[]>>

/** A profile while somebody edits it: texts as they stand in the fields, empty for what is not known. */
export interface ProfileDraft {
  readonly name: string
  readonly currency: string
  readonly timeZone: string
  readonly languages: readonly string[]
  /** A day without spans is closed; all days without them: not known. */
  readonly hours: Hours
  readonly coldAfterMin: number
  readonly abandonedAfterMin: number
}

const MINUTE_S = 60

/** The draft of a profile. A shop that has set nothing is offered the time zone of this device. */
export function draftOf(profile: Profile, deviceZone: string): ProfileDraft {
  return {
    name: profile.name ?? "",
    currency: profile.currency ?? "",
    timeZone: profile.set ? profile.time_zone : deviceZone,
    languages: profile.languages,
    hours: hoursOf(profile.opening_hours),
    coldAfterMin: profile.cold_after_s / MINUTE_S,
    abandonedAfterMin: profile.abandoned_after_s / MINUTE_S,
  }
}

/** True for a span that ends before it begins, or at once. */
export function isBackwards([from, to]: Span): boolean {
  return from >= to
}

/** Only what differs from the profile, so that what others change meanwhile stays. */
export function patchOf(draft: ProfileDraft, profile: Profile): ProfilePatch {
  const wanted = {
    name: draft.name.trim() === "" ? null : draft.name.trim(),
    currency: draft.currency === "" ? null : draft.currency,
    time_zone: draft.timeZone,
    languages: draft.languages,
    opening_hours: openingHours(draft.hours),
    cold_after_s: Math.round(draft.coldAfterMin * MINUTE_S),
    abandoned_after_s: Math.round(draft.abandonedAfterMin * MINUTE_S),
  } as const satisfies ProfilePatch
  const changed = Object.entries(wanted).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(comparable(profile)[field as keyof typeof wanted]),
  )
  return Object.fromEntries(changed)
}

function comparable(profile: Profile): Profile {
  return { ...profile, opening_hours: openingHours(hoursOf(profile.opening_hours)) }
}

function hoursOf(hours: OpeningHours | null): Hours {
  return Object.fromEntries(weekdays.map((day) => [day, hours?.[day] ?? []])) as unknown as Hours
}

/** Without closed days, in the order of the week. */
function openingHours(hours: Hours): OpeningHours | null {
  const open = weekdays.filter((day) => hours[day].length > 0)
  if (open.length === 0) return null
  return Object.fromEntries(open.map((day) => [day, hours[day].map(([from, to]): [string, string] => [from, to])]))
}
