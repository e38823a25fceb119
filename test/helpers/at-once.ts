/** What a case of `atOnce` works with. */
interface Kit {
  stop(): Promise<void>
}

export interface AtOnceOptions {
  /** Most tests at a time. Default: all. */
  readonly atATime?: number
  /** A kit is used by one test after the other. Default: each test has a kit of its own. */
  readonly reuse?: boolean
}

/**
 * Declares tests that mostly wait for time to pass, by their titles. They run at the same time, from the first test on. None may
 * disturb another one. Tests whose leases run out when the processor is busy run a few at a time.
 */
export function atOnce<K extends Kit>(
  start: () => Promise<K>,
  cases: Readonly<Record<string, Case<K>>>,
  { atATime = Object.keys(cases).length, reuse = false }: AtOnceOptions = {},
): void {
  const outcomes = new Map<string, Promise<void>>()
  let working: Promise<unknown>

  before(() => {
    const waiting: Waiting<K>[] = []
    for (const [title, test] of Object.entries(cases)) {
      const outcome = new Promise<void>((resolve, reject) => waiting.push({ test, resolve, reject }))
      // A failure belongs to its test, which may not have begun.
      outcome.catch(() => {})
      outcomes.set(title, outcome)
    }
    working = Promise.all(Array.from({ length: atATime }, () => run(start, waiting, reuse)))
    working.catch(() => {})
  })

  for (const title of Object.keys(cases)) it(title, () => outcomes.get(title))

  after(() => working)
}

type Case<K> = (kit: K) => Promise<void>

interface Waiting<K> {
  readonly test: Case<K>
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/** Runs one waiting test after the other. After a failure, the next one gets a new kit in any case. */
async function run<K extends Kit>(start: () => Promise<K>, waiting: Waiting<K>[], reuse: boolean): Promise<void> {
  let kit: K | undefined
  const end = async (): Promise<void> => {
    const used = kit
    kit = undefined
    await used?.stop()
  }
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    try {
      kit ??= await start()
      await next.test(kit)
      if (!reuse) await end()
      next.resolve()
    } catch (error) {
      next.reject(error)
      await end().catch(() => {})
    }
  }
  await end()
}
