import type { Terminal } from "../terminal.ts"

/** What a check has found out. */
export interface Finding {
  /** `warning`: it works, but may not for long, or not for everybody. */
  readonly state: "ok" | "warning" | "problem"
  readonly found: string
  /** What to do about it. */
  readonly advice?: string
}

/** Looks at one part of the product. A check that rejects has found a problem. */
export interface Check {
  readonly name: string
  run(terminal: Terminal): Promise<readonly Finding[]>
}

export function ok(found: string): Finding {
  return { state: "ok", found }
}

export function warning(found: string, advice: string): Finding {
  return { state: "warning", found, advice }
}

export function problem(found: string, advice: string): Finding {
  return { state: "problem", found, advice }
}
