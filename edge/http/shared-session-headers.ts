import { Sharing } from "../../contract/shared-session.ts"
import { sharedSessionHeaders } from "../../contract/shared-session-headers.ts"
import type { Exchange } from "./exchange.ts"
import { HttpProblem } from "./problem.ts"

const SESSION = sharedSessionHeaders.session.toLowerCase()
const NAME = sharedSessionHeaders.name.toLowerCase()
const INVITE = sharedSessionHeaders.invite.toLowerCase()

/**
 * The shared session that a request names, and how its shopper joins it. Undefined: it names none.
 *
 * @throws {HttpProblem} 422: one of the headers is wrong
 */
export function sharingOf(exchange: Exchange): Sharing | undefined {
  const [session, name, invite] = [exchange.header(SESSION), exchange.header(NAME), exchange.header(INVITE)]
  if (session === undefined && name === undefined && invite === undefined) return undefined
  const parsed = Sharing.safeParse({ session: session === "" ? null : session, name: decoded(name), invite })
  if (parsed.success) return parsed.data
  const entries = parsed.error.issues.map(({ path: [member], message }) => ({
    header: sharedSessionHeaders[member as keyof typeof sharedSessionHeaders],
    detail: message,
  }))
  throw new HttpProblem(422, "The shared session cannot be used", entries)
}

/** A percent-encoded text. What is not encoded stays as it is. */
function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return text
  }
}
