/** What a case of `atOnce` works with. */
interface Kit {
  stop(): Promise<void>
}

/**
 * Declares tests that mostly wait for time to pass, by their titles. They run at the same time, from the first test on. None may
 * disturb another one.
 *
 * @param kits how many kits there are at most; each is used by one test after the other. Default: one for each test
 */
export function atOnce<K extends Kit>(
  start: () => Promise<K>,
  cases: Readonly<Record<string, Case<K>>>,
  kits = Object.keys(cases).length,
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
    working = Promise.all(Array.from({ length: kits }, () => run(start, waiting)))
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

/** Runs one waiting test after the other with one kit. After a failure, the next one gets a new kit. */
async function run<K extends Kit>(start: () => Promise<K>, waiting: Waiting<K>[]): Promise<void> {
  let kit: K | undefined
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    try {
      kit ??= await start()
      await next.test(kit)
      next.resolve()
    } catch (error) {
      next.reject(error)
      await kit?.stop().catch(() => {})
      kit = undefined
    }
  }
  await kit?.stop()
}
