/** What the storefronts of a load do: see `load/sessions.ts`. */
export type SessionsRun = "paced" | "closed" | "single"

/** Sessions of equal size, and what their storefronts do. */
export interface SessionsShape {
  readonly sessions: number
  readonly members: number
  readonly cartBytes: number
  readonly runs: readonly SessionsRun[]
}

const CART_BYTES = 1024

/** Those of the suite. */
export const sessionsShapes: readonly SessionsShape[] = [
  { sessions: 100, members: 4, cartBytes: CART_BYTES, runs: ["paced", "closed"] },
  { sessions: 1000, members: 4, cartBytes: CART_BYTES, runs: ["paced", "closed"] },
]

/** One update every 5 s. */
export const largestSession: SessionsShape = { sessions: 1, members: 50, cartBytes: 41_500, runs: ["single"] }

const RUNS: Readonly<Record<SessionsRun, string>> = {
  paced: "each member one update a second",
  closed: "each member the next update when it sees its own",
  single: "one update at a time",
}

/** The name of the figures of a run. */
export function sessionsName(sessions: number, members: number, run: SessionsRun): string {
  return `${sessions.toLocaleString("en")} sessions x ${members}, ${RUNS[run]}`
}
