/** One step of a world: what was done, and the world after it. */
export interface Step<W> {
  readonly action: string
  readonly world: W
}

export interface Space<W> {
  readonly initial: W
  /** Every world that can follow. */
  next(world: W): Iterable<Step<W>>
  /** What is wrong in this world, if anything is. */
  fault(world: W): string | undefined
  /** Equal for worlds that behave in the same way. */
  key(world: W): string
}

export interface Found {
  readonly worlds: number
  /** True when there is no world that was not looked at. */
  readonly complete: boolean
  /** The shortest way to a fault. */
  readonly counterexample?: { readonly fault: string; readonly actions: readonly string[] }
}

/** Looks at every world that can be reached, the nearest first, until one is wrong or `most` were seen. */
export function search<W>(space: Space<W>, most: number): Found {
  const first = space.key(space.initial)
  const cameFrom = new Map<string, { readonly before: string; readonly action: string } | undefined>([
    [first, undefined],
  ])
  const wrong = (key: string, fault: string): Found => ({
    worlds: cameFrom.size,
    complete: false,
    counterexample: { fault, actions: actionsTo(key, cameFrom) },
  })
  const fault = space.fault(space.initial)
  if (fault !== undefined) return wrong(first, fault)
  let layer = [{ key: first, world: space.initial }]
  while (layer.length > 0) {
    const nextLayer: typeof layer = []
    for (const { key: before, world } of layer) {
      for (const step of space.next(world)) {
        const key = space.key(step.world)
        if (cameFrom.has(key)) continue
        cameFrom.set(key, { before, action: step.action })
        const fault = space.fault(step.world)
        if (fault !== undefined) return wrong(key, fault)
        if (cameFrom.size >= most) return { worlds: cameFrom.size, complete: false }
        nextLayer.push({ key, world: step.world })
      }
    }
    layer = nextLayer
  }
  return { worlds: cameFrom.size, complete: true }
}

function actionsTo(
  key: string,
  cameFrom: ReadonlyMap<string, { readonly before: string; readonly action: string } | undefined>,
): string[] {
  const actions: string[] = []
  for (let step = cameFrom.get(key); step !== undefined; step = cameFrom.get(step.before)) actions.unshift(step.action)
  return actions
}
