import { type Finding, ok, warning } from "./finding.ts"

/** A difference of clocks that matters: tokens, leases and times of events are compared across machines. In ms. */
const MAX_SKEW_MS = 2000

/**
 * Compares another machine's clock with this one's.
 *
 * @param theirs its time while the answer was under way, in ms since the epoch
 * @param resolutionMs how exact that is: HTTP tells whole seconds
 */
export function clockFinding(
  theirs: number,
  { askedAt, answeredAt }: { readonly askedAt: number; readonly answeredAt: number },
  resolutionMs: number,
): Finding {
  const least = theirs - answeredAt
  const greatest = theirs + resolutionMs - askedAt
  const skewMs = least > 0 ? least : greatest < 0 ? greatest : 0
  if (Math.abs(skewMs) <= MAX_SKEW_MS) return ok("its clock agrees with the one here")
  const direction = skewMs > 0 ? "ahead of" : "behind"
  return warning(
    `its clock is ${Math.round(Math.abs(skewMs) / 1000)} s ${direction} the one here`,
    "set both clocks by NTP: tokens and times of events are compared across machines",
  )
}
