import type { ErrorCode } from "../../../../contract/errors.ts"
import type { LegacyErrorCode } from "../../../../contract/legacy.ts"

type Code = ErrorCode | LegacyErrorCode

/** The edge refused something; docs/errors.md lists the codes. */
export class RefusedError extends Error {
  override readonly name = "RefusedError"
  readonly code: string
  /** What docs/errors.md says for the code. */
  readonly data: unknown

  constructor(code: string, data?: unknown) {
    super(`The request was refused: ${code}`)
    this.code = code
    this.data = data
  }
}

const FORGOTTEN: ReadonlySet<string> = new Set<Code>([
  "session.notMember",
  "session.wrongResumeToken",
  "session.notYourCustomer",
  "system.invalidParams",
])
const PASSING: ReadonlySet<string> = new Set<Code>(["legacy.unavailable", "system.tooManyRequests"])
const HOLDING: ReadonlySet<string> = new Set<Code>(["session.locked", "session.checkingOut", "session.ordered"])
const INVITE_REFUSALS: ReadonlySet<string> = new Set<Code>([
  "session.notHost",
  "session.notMember",
  "system.invalidParams",
])

/** True when the session no longer knows the customer, who must join again. */
export function isForgotten(code: string): boolean {
  return FORGOTTEN.has(code)
}

/** True for refusals that pass with time: the same message may be sent again later. */
export function passesWithTime(code: string): boolean {
  return PASSING.has(code)
}

/** True when carts cannot be changed until the group goes on shopping. */
export function holdsCarts(code: string): boolean {
  return HOLDING.has(code)
}

/** True for codes with which the edge refuses to make an invitation. */
export function refusesInvite(code: string): boolean {
  return INVITE_REFUSALS.has(code) || passesWithTime(code)
}
