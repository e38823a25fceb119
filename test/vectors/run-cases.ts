import { Listener } from "./listener.ts"
import { runCase } from "./run-case.ts"
import { allSteps, defaultListen, type VectorCase } from "./vector-case.ts"

/** Cases at the same time: more wait for each other's processor time, and those with short timeouts fail. */
const PARALLEL = 24
const DEFAULT_TIMEOUT_MS = 15_000

export interface GroupOptions {
  readonly gateway: string
  readonly nats: string
  readonly wsPath?: string | undefined
  readonly timeoutMs?: number
  /** Told the outcome of each case: what went wrong, or nothing. */
  readonly onResult: (spec: VectorCase, lines: readonly string[]) => void
}

/**
 * Runs cases of one configuration against a gateway that has it: those that can't meet each other at the same time, the
 * others one by one.
 */
export async function runCases(cases: readonly VectorCase[], options: GroupOptions): Promise<void> {
  const shared = cases.filter(canShare)
  await runGroup(shared, defaultListen, PARALLEL, options)
  for (const spec of cases) if (!shared.includes(spec)) await runGroup([spec], [], 1, options)
}

async function runGroup(
  cases: readonly VectorCase[],
  subjects: readonly string[],
  parallel: number,
  options: GroupOptions,
): Promise<void> {
  if (cases.length === 0) return
  const isShared = subjects.length > 0
  const listener = await Listener.open(options.nats, subjects)
  const waiting = [...cases]
  const work = async (): Promise<void> => {
    for (let spec = waiting.shift(); spec; spec = waiting.shift()) {
      const lines = await runCase(spec, {
        gateway: options.gateway,
        wsPath: options.wsPath ?? "/",
        listener,
        timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        shared: isShared,
      })
      options.onResult(spec, lines)
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
  await listener.close()
}

/** True when all that the case does is about names of its own, and it listens to all that others listen to as well. */
function canShare(spec: VectorCase): boolean {
  if (!defaultListen.every((subject) => spec.listen.includes(subject))) return false
  const own = ["$ns", ...Object.keys(spec.vars).map((name) => `$${name}`)]
  const isOwn = (text: string): boolean => own.some((mark) => text.includes(mark))
  return allSteps(spec.steps).every(({ request, publish }) => {
    if (request !== undefined && request !== "$any" && !isOwn(request)) return false
    return publish === undefined || isOwn(publish) || /^(conn|system)\./.test(publish)
  })
}
