import type { Figure, Values } from "./figures.ts"
import { withMachine } from "./machine.ts"

/** How long and how often each load of a bench is measured. */
export interface MeasureOptions {
  /** Of each load in a round. */
  readonly seconds: number
  readonly rounds: number
  /** Called after each measurement. */
  readonly progress: (line: string) => void
  /** Called with the name of what could not be measured, and the reason. */
  readonly onMissing: (line: string) => void
}

/** As the arguments of a bench say: seconds, rounds. The rest goes to the standard error. */
export function measureOptions(args: readonly string[], seconds: number, rounds = 3): MeasureOptions {
  const [first = seconds, second = rounds] = args
  return {
    seconds: Number(first),
    rounds: Number(second),
    progress: (line) => console.error(line),
    onMissing: (line) => console.error(`missing: ${line}`),
  }
}

/** One load on one system, which is ready for it. */
export interface Measurement {
  readonly name: string
  readonly system: string
  measure(seconds: number): Promise<Values>
}

/** Measures each once a round, so that what else the machine does meanwhile meets all of them. A round that fails is left out. */
export async function inTurns(measurements: readonly Measurement[], options: MeasureOptions): Promise<Figure[]> {
  const { seconds, rounds, progress, onMissing } = options
  const figures = measurements.map(({ name, system }) => ({ name, system, rounds: [] as Values[] }))
  for (let round = 1; round <= rounds; round++) {
    for (const [i, { name, system, measure }] of measurements.entries()) {
      try {
        const values = await withMachine(() => measure(seconds))
        figures[i]?.rounds.push(values)
        progress(`round ${round} of ${rounds}: ${name}: ${system}: ${JSON.stringify(values)}`)
      } catch (error) {
        onMissing(`round ${round} of ${name}, ${system}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
  return figures.filter((figure) => figure.rounds.length > 0)
}

/** What a part of a bench measures; nothing when it fails, so that the other parts are measured all the same. */
export async function orMissing(
  name: string,
  { onMissing }: Pick<MeasureOptions, "onMissing">,
  measure: () => Promise<Figure[]>,
): Promise<Figure[]> {
  try {
    return await measure()
  } catch (error) {
    onMissing(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    return []
  }
}
