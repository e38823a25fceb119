import { ProblemError } from "./problem-error.ts"

/** What became of a request, as far as the sender must know. */
export type Outcome =
  /** Stored, now or earlier: the sequence of each event in the log; 0 if the log does not know it any more. */
  | { readonly kind: "stored"; readonly seqs: readonly number[] }
  /** The events themselves are refused. Nothing is stored. */
  | { readonly kind: "refused"; readonly problem: ProblemError }
  /** The token is missing, expired or refused. */
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
export async function outcomeOf(response: Response, events: number): Promise<Outcome> {
  if (response.ok) {
    const seqs = seqsIn(await response.json().catch(() => undefined))
    if (seqs?.length === events) return { kind: "stored", seqs }
    // A captive portal answers everything with 200.
    return {
      kind: "later",
      problem: new ProblemError(response.status, { detail: "The answer did not come from a shopwire edge" }),
    }
  }
  const problem = await ProblemError.from(response)
  return { kind: kindOf(problem, events), problem }
}

function kindOf(problem: ProblemError, events: number): Exclude<Outcome["kind"], "stored"> {
  const { status, code, isOfEdge } = problem
  if (status === 401) return "unauthorised"
  if (NOT_ALONE.has(code)) return "notAlone"
  if (isOfEdge && (status === 422 || status === 413)) return "refused"
  // A proxy may take less than the edge does; it knows nothing of the events.
  if (status === 413 && events > 1) return "refused"
  return "later"
}

function seqsIn(body: unknown): number[] | undefined {
  if (!Array.isArray(body)) return undefined
  const seqs = body.map((each: unknown) =>
    typeof each === "object" && each !== null && "seq" in each ? each.seq : undefined,
  )
  return seqs.every((seq) => typeof seq === "number") ? seqs : undefined
}
