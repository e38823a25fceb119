/** What a case of `atOnce` works with. */
interface Kit {
  stop(): Promise<void>
}

/**
 * Declares tests that mostly wait for time to pass, by their titles. They run at the same time, each with a kit of its own, from
 * the first test on. None may disturb another one.
 */
export function atOnce<K extends Kit>(start: () => Promise<K>, cases: Readonly<Record<string, Case<K>>>): void {
  const outcomes = new Map<string, Promise<void>>()

  before(() => {
    for (const [title, test] of Object.entries(cases)) {
      const outcome = run(start, test)
      // A failure belongs to its test, which may not have begun.
      outcome.catch(() => {})
      outcomes.set(title, outcome)
    }
  })

  for (const title of Object.keys(cases)) it(title, () => outcomes.get(title))

  after(() => Promise.allSettled(outcomes.values()))
}

type Case<K> = (kit: K) => Promise<void>

async function run<K extends Kit>(start: () => Promise<K>, test: Case<K>): Promise<void> {
  const kit = await start()
  try {
    await test(kit)
  } finally {
    await kit.stop()
  }
}
