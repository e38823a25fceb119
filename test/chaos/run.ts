import { setTimeout as sleep } from "node:timers/promises"
import { Random } from "../../tools/demo/random.ts"
import { until } from "../helpers/until.ts"
import { check } from "./checker.ts"
import type { Evidence } from "./evidence.ts"
import { drawFault, type Fault, type FaultKind, missingFor } from "./faults.ts"
import { Load, type LoadSize } from "./load.ts"
import type { Round } from "./report.ts"
import { World, type WorldSize } from "./world.ts"

/** Time for everything to be right again after the last fault of a round, in ms. */
const RECOVERY_MS = 60_000
/** The load goes on for so long before the first fault, and between two rounds, in ms. */
const QUIET_MS = 1000
/** Faults of a round begin within this time, in ms. */
const SPREAD_MS = 2000
const MAX_FAULTS_PER_ROUND = 3
/** So much of what nobody sees is told. */
const MAX_TOLD = 5

export interface ChaosOptions {
  readonly seed: number
  /** The run ends after so many faults, or after this time, in ms, whatever comes first. */
  readonly faults: number
  readonly maxMs: number
  readonly kinds: readonly FaultKind[]
  /** Longest that a process is paused or a link disturbed, in ms. */
  readonly longestMs: number
  readonly world: WorldSize
  readonly load: LoadSize
  /** Called with a line for each fault, and for what goes wrong on the way. */
  readonly say: (line: string) => void
  /** Called with what the processes print. */
  readonly onPrint: (text: string) => void
  readonly onRound: (round: Round) => void
}

/** Runs the product under load, lets faults happen to it, and checks after each round what everyone has seen. */
export async function runChaos(options: ChaosOptions): Promise<Round[]> {
  const { seed, say, onRound } = options
  const random = new Random(seed)
  const world = await World.start(options.world, options.onPrint)
  const rounds: Round[] = []
  try {
    const load = new Load(world, random, options.load)
    try {
      const runner = new Runner(world, load, say)
      await runner.settle(performance.now())
      const kinds = options.kinds.filter((kind) => {
        const missing = missingFor(kind, world)
        if (missing !== undefined) say(`skips faults of the kind ${kind}, for lack of ${missing}`)
        return missing === undefined
      })
      const end = performance.now() + options.maxMs
      for (let left = options.faults; left > 0 && performance.now() < end; ) {
        const faults = drawRound(random, world, { ...options, kinds }, left)
        left -= faults.length
        const round = await runner.round(faults, random)
        rounds.push(round)
        onRound(round)
      }
    } finally {
      await load.stop()
    }
  } finally {
    await world.stop()
  }
  return rounds
}

function drawRound(
  random: Random,
  world: World,
  { kinds, longestMs }: Pick<ChaosOptions, "kinds" | "longestMs">,
  left: number,
): Fault[] {
  const faults: Fault[] = []
  // Half of the rounds have one fault.
  const count = Math.min(left, random.chance(0.5) ? 1 : random.int(2, MAX_FAULTS_PER_ROUND))
  for (let i = 0; i < count; i++) {
    const busy = new Set(faults.flatMap(({ victims }) => victims))
    const fault = drawFault({ random, world, longestMs }, kinds, busy)
    if (fault !== undefined) faults.push(fault)
  }
  return faults
}

class Runner {
  readonly #world: World
  readonly #load: Load
  readonly #say: (line: string) => void
  /** Texts of findings. */
  readonly #known = new Set<string>()

  constructor(world: World, load: Load, say: (line: string) => void) {
    this.#world = world
    this.#load = load
    this.#say = say
  }

  async round(faults: readonly Fault[], random: Random): Promise<Round> {
    this.#load.resume()
    const delays = faults.map(() => random.int(0, SPREAD_MS))
    await sleep(QUIET_MS)
    const before = this.#load.counts
    const startedAt = performance.now()
    await Promise.all(faults.map((fault, i) => this.#happen(fault, delays[i] ?? 0)))
    const endedAt = performance.now()
    const losesData = faults.some((fault) => fault.losesData)
    if (losesData) {
      await this.#load.pause()
      await this.#load.forget()
      this.#load.resume()
    }
    const recoveryMs = await this.settle(endedAt)
    if (losesData) {
      this.#load.openStreams()
      this.#load.resume()
      await this.settle(performance.now())
    }
    const findings = check(await this.#evidence()).filter(({ text }) => !this.#known.has(text))
    for (const { text } of findings) this.#known.add(text)
    const after = this.#load.counts
    return {
      faults: faults.map(({ name }) => name),
      durationMs: performance.now() - startedAt,
      acknowledged: after.acknowledged - before.acknowledged,
      failed: after.failed - before.failed,
      recoveryMs,
      findings,
    }
  }

  /**
   * Waits until requests succeed again, pauses the load, and waits until everyone sees what is there. Leaves the load paused.
   *
   * @returns the time since `endedAt`, in ms; undefined if it took too long
   */
  async settle(endedAt: number): Promise<number | undefined> {
    try {
      await until("all requests to succeed", () => this.#load.hasSucceededSince(endedAt), RECOVERY_MS)
      await this.#load.pause()
      await this.#seen()
      return performance.now() - endedAt
    } catch (error) {
      this.#say(String(error))
      await this.#load.pause()
      return undefined
    }
  }

  async #seen(): Promise<void> {
    let unseen: readonly string[] = []
    const isSeen = async (): Promise<boolean> => {
      // The log cannot be read while nats-server stands still.
      unseen = await this.#load.unseen().catch((error: unknown) => [String(error)])
      return unseen.length === 0
    }
    try {
      await until("all to see what is there", isSeen, RECOVERY_MS)
    } catch (error) {
      throw new Error(`${String(error)}: ${unseen.slice(0, MAX_TOLD).join("; ")}`)
    }
  }

  async #evidence(): Promise<Evidence> {
    return await until("the log to stand still", async () => {
      const evidence = await this.#load.evidence().catch((error: unknown) => void this.#say(String(error)))
      // Else what is still wrong is found.
      if (evidence === undefined) await this.#seen().catch(() => {})
      return evidence
    })
  }

  async #happen({ name, victims, run }: Fault, delayMs: number): Promise<void> {
    await sleep(delayMs)
    this.#say(name)
    const ends = victims.map((victim) => this.#world.disturb(victim))
    await run().catch((error: unknown) => this.#say(`${name}: ${String(error)}`))
    for (const end of ends) end()
  }
}
