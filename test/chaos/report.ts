import type { Finding } from "./checker.ts"

/** What came of one or a few faults at the same time. */
export interface Round {
  /** Names of the faults. */
  readonly faults: readonly string[]
  /** From the first fault's begin until the check, in ms. */
  readonly durationMs: number
  /** Requests of publishers that were answered with 200, and that were not. */
  readonly acknowledged: number
  readonly failed: number
  /** From the end of the last fault until POSTs were answered 200 and all watchers right, in ms; undefined if that took too long. */
  readonly recoveryMs: number | undefined
  /** What was not found before. */
  readonly findings: readonly Finding[]
}

/** Most findings of a round that are shown. One fault can have thousands, as each event that a reader gets from then on is out of order. */
const MAX_FINDINGS = 20

/** A round in one line, and its first findings, a line for each. */
export function roundText(round: Round): string {
  const { durationMs, acknowledged, failed, recoveryMs, findings } = round
  const recovery = recoveryMs === undefined ? "not recovered" : `recovered in ${Math.round(recoveryMs)} ms`
  const counts = `acknowledged ${acknowledged}, failed ${failed}, ${kindsText(findings)}`
  const shown = findings.slice(0, MAX_FINDINGS).map(({ kind, text }) => `  ${kind.toUpperCase()}: ${text}`)
  const rest = findings.length > shown.length ? [`  ... and ${findings.length - shown.length} more`] : []
  return [`  ${(durationMs / 1000).toFixed(1)} s, ${counts}, ${recovery}`, ...shown, ...rest].join("\n")
}

/** Totals, and how to have the same faults again. */
export function totalsText(rounds: readonly Round[], command: string): string {
  const sum = (of: (round: Round) => number): number => rounds.reduce((total, round) => total + of(round), 0)
  const recoveries = rounds.flatMap(({ recoveryMs }) => recoveryMs ?? [])
  const worst = rounds.find(({ recoveryMs }) => recoveryMs === Math.max(...recoveries))
  return [
    `${sum(({ faults }) => faults.length)} faults in ${rounds.length} rounds and ${Math.round(sum(({ durationMs }) => durationMs) / 1000)} s`,
    `acknowledged     ${sum(({ acknowledged }) => acknowledged)}`,
    `failed requests  ${sum(({ failed }) => failed)}`,
    `at the end       ${kindsText(rounds.flatMap(({ findings }) => findings))}`,
    `not recovered    ${rounds.length - recoveries.length}`,
    `worst recovery   ${worst === undefined ? "none" : `${Math.round(worst.recoveryMs ?? 0)} ms (${worst.faults.join("; ")})`}`,
    `the same faults  ${command}`,
  ].join("\n")
}

/** Whether all is as it must be. */
export function isGood(rounds: readonly Round[]): boolean {
  return rounds.every(({ findings, recoveryMs }) => findings.length === 0 && recoveryMs !== undefined)
}

function kindsText(findings: readonly Finding[]): string {
  const count = (kind: Finding["kind"]): number => findings.filter((finding) => finding.kind === kind).length
  return `lost ${count("lost")}, doubled ${count("doubled")}, wrong ${count("wrong")}`
}
