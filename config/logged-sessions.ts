import { createHash } from "node:crypto"
import type { Logger } from "res-service"

/** Matches names of a session's resources, also within subjects, and its keys in the bucket `sessions`, where `=` stands for `~`. */
const NAMES =
  /(\bsession\.|\$KV\.sessions\.\d+\.)([A-Za-z0-9_~=-]{1,64})(?=\.(?:multicart|present|status|members|member|lines|line|cart|state)\b)/g

/**
 * A hash that logs show instead of a session's ID, because the ID is an invitation. It is the same in all processes, so lines
 * about one session can be found, also by someone who knows the ID.
 */
export function loggedSessionId(id: string): string {
  return `#${createHash("sha256").update(id).digest("base64url").slice(0, 12)}`
}

/** A logger that writes hashes instead of session IDs, except at `trace`, which shows the subjects of all traffic. */
export function withoutSessionIds(logger: Logger): Logger {
  return {
    error: (details, message) => logger.error(hidden(details), message),
    warn: (details, message) => logger.warn(hidden(details), message),
    info: (details, message) => logger.info(hidden(details), message),
    debug: (details, message) => logger.debug(hidden(details), message),
    trace: (details, message) => logger.trace(details, message),
    isLevelEnabled: (level) => logger.isLevelEnabled?.(level) ?? true,
  }
}

function hidden(details: object): object {
  return Object.fromEntries(Object.entries(details).map(([name, value]) => [name, hiddenValue(value)]))
}

function hiddenValue(value: unknown): unknown {
  if (typeof value === "string") return hiddenText(value)
  if (Array.isArray(value)) return value.map(hiddenValue)
  return value instanceof Error ? hiddenError(value) : value
}

/** The error itself, or a copy with hashes if it names a session. */
function hiddenError(error: Error): Error {
  const { message, stack = "" } = error
  const cause = hiddenValue(error.cause)
  const text = { message: hiddenText(message), stack: hiddenText(stack) }
  if (text.message === message && text.stack === stack && cause === error.cause) return error
  const copy = new Error(text.message, cause === undefined ? {} : { cause })
  return Object.assign(copy, { name: error.name, stack: text.stack })
}

function hiddenText(text: string): string {
  return text.replaceAll(NAMES, (_, before: string, id: string) => before + loggedSessionId(id.replaceAll("=", "~")))
}
