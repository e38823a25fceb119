import { readFileSync } from "node:fs"
import { z } from "zod"
import { type Spread, spread } from "./figures.ts"

const Values = z.record(z.string(), z.number())

/** What a run was measured on. */
const Machine = z.object({
  cores: z.int(),
  processor: z.string(),
  memoryGib: z.number(),
  node: z.string(),
})
export type Machine = z.infer<typeof Machine>

/** A run of the suite: what `docs/figures.json` has, and what page and charts are made from. */
const Run = z.object({
  measuredAt: z.iso.datetime(),
  /** Undefined: not in a clone. */
  commit: z.string().optional(),
  machine: Machine,
  rounds: z.int(),
  /** Of the whole suite, in s. */
  took: z.number(),
  figures: z.array(z.object({ name: z.string(), system: z.string(), rounds: z.array(Values).readonly() })).readonly(),
  /** Parts of the suite that are not there, each with its reason. */
  missing: z.array(z.string()).readonly(),
})
export type Run = z.infer<typeof Run>

/** CPU time that others may take, in percent of all cores, until figures say more about them than about the product. */
const MAX_OTHERS_PERCENT = 10

export const runFile = new URL("../../docs/figures.json", import.meta.url)

/** @throws {z.ZodError} it is no run */
export function parseRun(json: string): Run {
  return Run.parse(JSON.parse(json))
}

/** The run that page and charts were last made from. */
export function storedRun(): Run {
  return parseRun(readFileSync(runFile, "utf8"))
}

/** How busy the machine was otherwise, over all rounds of all figures. Undefined: there are none. */
export function busyness(run: Run): Busyness | undefined {
  const rounds = run.figures.flatMap((figure) => figure.rounds)
  const of = (metric: string) => rounds.flatMap((values) => values[metric] ?? [])
  const [others, loads] = [of("othersPercent"), of("loadAverage")]
  if (others.length === 0 || loads.length === 0) return undefined
  const othersPercent = spread(others)
  return { othersPercent, loadAverage: spread(loads), tooBusy: othersPercent.median > MAX_OTHERS_PERCENT }
}

export interface Busyness {
  /** CPU time that other processes took, in percent of all cores. */
  readonly othersPercent: Spread
  /** The bench's own processes count here too. */
  readonly loadAverage: Spread
  /** Then figures say little, and ratios of one round a bit more. */
  readonly tooBusy: boolean
}
