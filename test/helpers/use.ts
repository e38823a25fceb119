import type { Context, Suite } from "mocha"

/** Something that tests start. */
interface Stoppable {
  stop(): unknown
}

/** What the hooks of each suite have started, oldest first. */
type Started = WeakMap<Suite, Stoppable[]>

const ofSuites: Started = new WeakMap()
const ofTests: Started = new WeakMap()

/**
 * To be called in a `describe`: starts something before its tests and stops it after them; what was started last is stopped
 * first. `start` may skip the suite.
 *
 * @returns a stand-in with the members of what was started, for use from then on
 */
export function use<T extends Stoppable>(start: (context: Context) => Promise<T>): T {
  return startBetween(before, after, ofSuites, start)
}

/** As `use`, but starts it before each test and stops it after each. */
export function useInEachTest<T extends Stoppable>(start: (context: Context) => Promise<T>): T {
  return startBetween(beforeEach, afterEach, ofTests, start)
}

/** An object with the members of what `find` gives at the time when they are used. */
export function standIn<T extends object>(find: () => T | undefined): T {
  return new Proxy({} as T, {
    get(_, name) {
      const current = find()
      if (current === undefined) throw new Error(`${String(name)} is used before it was started`)
      const value = Reflect.get(current, name, current)
      return typeof value === "function" ? value.bind(current) : value
    },
  })
}

/**
 * To be called in a `describe`: closes after each test what it has opened, the first opened first.
 *
 * @returns a function to call with each thing that a test opens; it returns that thing
 */
export function closeAfterEach<T>(close: (opened: T) => unknown): <U extends T>(opened: U) => U {
  const all: T[] = []
  afterEach(async () => {
    for (const opened of all.splice(0)) await close(opened)
  })
  return (opened) => {
    all.push(opened)
    return opened
  }
}

function startBetween<T extends Stoppable>(
  begin: typeof before | typeof beforeEach,
  end: typeof after | typeof afterEach,
  started: Started,
  start: (context: Context) => Promise<T>,
): T {
  let current: T | undefined
  const startedIn = (context: Context): Stoppable[] => {
    const suite = context.runnable().parent
    if (suite === undefined) throw new Error("a hook outside of suites")
    const all = started.get(suite) ?? []
    started.set(suite, all)
    return all
  }
  begin(async function () {
    current = await start(this)
    startedIn(this).push(current)
  })
  // Mocha runs these in the order of declaration, so each stops whatever was started last, not its own.
  end(async function () {
    await startedIn(this).pop()?.stop()
  })
  return standIn(() => current)
}
