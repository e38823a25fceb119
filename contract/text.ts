import { z } from "zod"

/** Half of a surrogate pair. JavaScript and JSON's `\ud800` can hold one; UTF-8, and so most other programs, can't. */
const LONE_SURROGATE = /\p{Surrogate}/u
const WELL_FORMED = "expected Unicode text without lone surrogates"

/** Spaces, control and format characters, marks without a letter, and what else leaves nothing on a screen. */
const VISIBLE = /[^\p{Cc}\p{Cf}\p{Cs}\p{M}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u

/** A text as it is stored and sent on: any that can be written as UTF-8. */
export const text = z.string("expected a string").refine((value) => !LONE_SURROGATE.test(value), WELL_FORMED)

/** A name that people are shown: a text with something to see, without space around it. */
export const shownName = text.trim().refine((value) => VISIBLE.test(value), "expected a name with a visible character")

/** As `text`, for a JSON value: each text in it, names of members too. */
export function wellFormed<T extends z.ZodType>(schema: T) {
  return schema.refine((value) => !hasLoneSurrogate(value), WELL_FORMED)
}

// Without recursion: a value may nest more deeply than the stack.
function hasLoneSurrogate(value: unknown): boolean {
  const waiting: unknown[] = [value]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next === "string" && LONE_SURROGATE.test(next)) return true
    if (typeof next !== "object" || next === null) continue
    for (const each of Object.values(next)) waiting.push(each)
    if (!Array.isArray(next) && Object.keys(next).some((key) => LONE_SURROGATE.test(key))) return true
  }
  return false
}
