import type { Values } from "../figures/figures.ts"
import type { Outcome } from "./plan.ts"

/** The metrics of requests with so many events each; `cpu` is the CPU time of each process, in s. */
export function requestValues(outcome: Outcome, events: number, cpu: Values): Values {
  const { answers, elapsedMs, p50Ms, p99Ms, cpuSeconds } = outcome
  const micros = Object.entries(cpu).map(([name, seconds]) => [name, Math.round((seconds * 1e6) / answers)] as const)
  return {
    perSecond: Math.round((answers * events * 1000) / elapsedMs),
    p50Ms,
    p99Ms,
    cpuMicros: micros.reduce((sum, [, each]) => sum + each, 0),
    loadCpuMicros: Math.round((cpuSeconds * 1e6) / answers),
    ...Object.fromEntries(micros.map(([name, each]) => [`${name}CpuMicros`, each])),
  }
}
