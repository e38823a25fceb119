import { InvalidArgumentError } from "commander"
import { isValidPart } from "res-service"
import { hasLogin } from "../config/settings.ts"
import { ShopId } from "../contract/publish-event.ts"
import { isSessionId, SESSION_ID_RULE } from "../contract/session-id.ts"

/** A shop's ID, in any form that the edge takes. */
export function shopId(text: string): string {
  const parsed = ShopId.safeParse(text)
  if (!parsed.success) throw new InvalidArgumentError("expected a shop ID: a UUID version 4.")
  return parsed.data
}

/** A shared session's ID. */
export function sessionId(text: string): string {
  if (!isSessionId(text)) throw new InvalidArgumentError(`expected a session ID: ${SESSION_ID_RULE}.`)
  return text
}

/** One part of a resource name. */
export function methodName(text: string): string {
  if (!isValidPart(text)) throw new InvalidArgumentError("expected the name of a method.")
  return text
}

export function url(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new InvalidArgumentError("expected a URL with http: or https:.")
  if (hasLogin(text)) throw new InvalidArgumentError("expected a URL without a user and password.")
  return text.replace(/\/+$/, "")
}

/** Parses a whole number. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    const upTo = max === Number.MAX_SAFE_INTEGER ? "" : ` to ${max}`
    throw new InvalidArgumentError(`expected a whole number from ${min}${upTo}.`)
  }
}

/** Collects an option that may be repeated. */
export function several(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
