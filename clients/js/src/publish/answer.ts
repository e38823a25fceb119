import { MAX_EVENT_BYTES } from "../../../../contract/limits.ts"
import { SHARED_SESSION_STATUS } from "../../../../contract/shared-session-headers.ts"
import type { StoredEvent } from "./outbox-store.ts"
import { ProblemError } from "./problem-error.ts"

/** What became of a request, as far as the sender must know. */
export type Outcome =
  /**
   * Stored, now or earlier: the sequence of each event in the log; 0 if the log does not know it any more. `sharedSession` is the header
   * `Shared-Session-Status`.
   */
  | { readonly kind: "stored"; readonly seqs: readonly number[]; readonly sharedSession: string | undefined }
  /** The events themselves are refused. Nothing is stored. */
  | { readonly kind: "refused"; readonly problem: ProblemError }
  /** The shopper's name or invitation is refused, which says nothing of the events. Nothing is stored. */
  | { readonly kind: "noGuest"; readonly problem: ProblemError }
  /** The token is missing, expired or refused, or lacks a right that another one may have. */
  | { readonly kind: "unauthorised"; readonly problem: ProblemError }
  /** Another sender uses the same producer ID. */
  | { readonly kind: "notAlone"; readonly problem: ProblemError }
  /** It is unknown whether anything is stored; the same request can be sent again later. */
  | { readonly kind: "later"; readonly problem: ProblemError }

const NOT_ALONE: ReadonlySet<string | undefined> = new Set([
  "store.producerConflict",
  "store.producerFenced",
  "store.producerGaps",
])

/** Reads the answer to an array of events. */
export async function outcomeOf(response: Response, events: readonly StoredEvent[]): Promise<Outcome> {
  if (response.ok) {
    const seqs = seqsIn(await response.json().catch(() => undefined))
    const sharedSession = response.headers.get(SHARED_SESSION_STATUS) ?? undefined
    if (seqs?.length === events.length) return { kind: "stored", seqs, sharedSession }
    // A captive portal answers everything with 200.
    return {
      kind: "later",
      problem: new ProblemError(response.status, { detail: "The answer did not come from a shopwire edge" }),
    }
  }
  const problem = await ProblemError.from(response)
  return { kind: kindOf(problem, events), problem }
}

function kindOf(problem: ProblemError, events: readonly StoredEvent[]): Exclude<Outcome["kind"], "stored"> {
  const { status, code, errors, isOfEdge } = problem
  if (status === 401 || (status === 403 && isOfEdge)) return "unauthorised"
  if (NOT_ALONE.has(code)) return "notAlone"
  if (isOfEdge && status === 422) return isOfHeaders(errors) ? "noGuest" : "refused"
  if (isOfEdge && status === 413) return "refused"
  // A proxy may take less than the edge does; it knows nothing of the events.
  if (status === 413 && (events.length > 1 || isTooLarge(events[0]))) return "refused"
  return "later"
}

function isOfHeaders(errors: ProblemError["errors"]): boolean {
  return errors.length > 0 && errors.every((entry) => "header" in entry)
}

/** True for an event that no edge takes. */
function isTooLarge(event: StoredEvent | undefined): boolean {
  return event !== undefined && new TextEncoder().encode(event.json).length > MAX_EVENT_BYTES
}

function seqsIn(body: unknown): number[] | undefined {
  if (!Array.isArray(body)) return undefined
  const seqs = body.map((each: unknown) =>
    typeof each === "object" && each !== null && "seq" in each ? each.seq : undefined,
  )
  return seqs.every((seq) => typeof seq === "number") ? seqs : undefined
}
