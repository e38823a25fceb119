import { type Action, actions, type Size, stopFaults } from "./adversary.ts"
import { isCovered, SHOWN } from "./member.ts"
import { RULES, type Rules } from "./rules.ts"
import { type Found, type Space, search } from "./search.ts"
import { settle, tick } from "./time.ts"
import { beginTerm, type Context, renumber, type World } from "./world.ts"

/** What is looked for. */
export type Property =
  /** At no time may two members both send for a shard. */
  | "one sender"
  /** After the faults stop, the subscriber sees what a fresh get gives, without anything of an older term after a newer one. */
  | "right in the end"
  /** After the faults stop, each shard has a living owner, and the members' numbers of shards differ by one at most. */
  | "shared out"
  /** No request disappears. This holds without faults only. */
  | "no request lost"

/** More ticks than it takes to find a dead member, to replace it, and to repeat a reset until it is certain. */
const ENOUGH_TICKS = 40

export function initialWorld(rules: Rules, size: Size): World {
  const world: World = {
    bucket: {
      last: 0,
      members: {},
      gone: {},
      shards: Array.from({ length: size.shards }, () => ({ revision: 0, owner: null, term: 0 })),
    },
    log: 0,
    members: [],
    terms: {},
    gateway: { content: [], term: 0, mixed: false, pending: null, again: false, gone: false },
    picks: size.picks ?? size.processes[0] ?? "",
    left: { faults: size.faults, events: size.events, resets: size.resets, stops: size.stops, starts: size.starts },
  }
  const context = { world, rules, say: () => {} }
  for (const process of size.processes) {
    beginTerm(world, process)
    settle(context)
  }
  for (let i = 0; i < ENOUGH_TICKS; i++) {
    tick(context)
    settle(context)
  }
  return renumber(world)
}

function copy(world: World): World {
  return JSON.parse(JSON.stringify(world))
}

/** The world, given as JSON, after an action, and after everything that follows from it at once. */
function after(text: string, action: Action, rules: Rules, say: Context["say"]): World {
  const context = { world: JSON.parse(text), rules, say }
  action.happen(context)
  settle(context)
  return renumber(context.world)
}

export class Model implements Space<World> {
  readonly initial: World
  readonly #rules: Rules
  readonly #size: Size
  readonly #properties: readonly Property[]
  readonly #verdicts = new Map<string, string | undefined>()

  constructor(size: Size, properties: readonly Property[], rules: Rules = RULES) {
    this.#rules = rules
    this.#size = size
    this.#properties = properties
    this.initial = initialWorld(rules, size)
  }

  key(world: World): string {
    return JSON.stringify(world)
  }

  *next(world: World): Iterable<{ action: string; world: World }> {
    const text = JSON.stringify(world)
    for (const action of this.#actions(world)) {
      yield { action: action.name, world: after(text, action, this.#rules, () => {}) }
    }
  }

  fault(world: World): string | undefined {
    const wants = (property: Property): boolean => this.#properties.includes(property)
    return (
      (wants("one sender") ? this.#secondSender(world) : undefined) ??
      (wants("no request lost") ? lostRequest(world) : undefined) ??
      this.#wrongInTheEnd(world)
    )
  }

  /** Looks at worlds, the nearest first, until one is wrong or `most` were seen. */
  search(most: number): Found {
    return search(this, most)
  }

  /**
   * Goes one way through the space until a world is wrong. Each number picks an action: every third one lets a tick pass, the
   * others pick among all.
   */
  walk(picks: readonly number[]): NonNullable<Found["counterexample"]> | undefined {
    const taken: string[] = []
    let world = this.initial
    for (const pick of picks) {
      const possible = this.#actions(world)
      const action = possible[pick % 3 === 0 ? 0 : Math.floor(pick / 3) % possible.length]
      if (action === undefined) continue
      taken.push(action.name)
      world = after(JSON.stringify(world), action, this.#rules, () => {})
      const fault = this.fault(world)
      if (fault !== undefined) return { fault, actions: taken }
    }
    return undefined
  }

  /** Tells what happens if these actions are taken, a line each. */
  trace(names: readonly string[]): string[] {
    const lines: string[] = []
    const say = (line: string): number => lines.push(line)
    let world = this.initial
    for (const name of names) {
      const action = this.#actions(world).find((other) => other.name === name)
      if (action === undefined) throw new Error(`this can't happen: ${name}`)
      lines.push(name)
      world = after(JSON.stringify(world), action, this.#rules, say)
    }
    lines.push("the faults stop")
    const context = { world: copy(world), rules: this.#rules, say }
    stopFaults(context)
    for (let i = 0; i < ENOUGH_TICKS; i++) {
      tick(context)
      settle(context)
    }
    return lines
  }

  #actions(world: World): Action[] {
    return actions({ world, rules: this.#rules, say: () => {} }, this.#size)
  }

  #secondSender(world: World): string | undefined {
    for (const shard of world.bucket.shards.keys()) {
      const senders = world.members.filter(
        (member) =>
          member.state !== "ended" &&
          (member.owned[shard] || (shard === SHOWN && member.working !== null)) &&
          (!this.#rules.fence || isCovered(member)),
      )
      if (senders.length > 1 && (this.#rules.fence || senders.every(({ state }) => state === "running"))) {
        return `${senders.map(({ id }) => id).join(" and ")} both send for shard ${shard}`
      }
    }
    return undefined
  }

  #wrongInTheEnd(world: World): string | undefined {
    if (!this.#properties.includes("right in the end") && !this.#properties.includes("shared out")) return undefined
    const context = { world: copy(world), rules: this.#rules, say: () => {} }
    stopFaults(context)
    // What follows is determined, and many worlds go on in the same way.
    const passed = new Set<string>()
    for (;;) {
      const { left: _, ...rest } = renumber(context.world)
      const key = JSON.stringify(rest)
      const isKnown = this.#verdicts.has(key)
      if (isKnown || passed.has(key)) {
        const verdict = isKnown ? this.#verdicts.get(key) : this.#verdict(context.world)
        for (const other of passed) this.#verdicts.set(other, verdict)
        return verdict
      }
      passed.add(key)
      tick(context)
      settle(context)
    }
  }

  #verdict(world: World): string | undefined {
    const wants = (property: Property): boolean => this.#properties.includes(property)
    const { gateway, bucket, members } = world
    if (wants("shared out")) {
      const owns = (id: string | null, shard: number): boolean =>
        members.some((member) => member.id === id && member.state === "running" && member.owned[shard] !== null)
      const orphan = bucket.shards.findIndex(({ owner }, shard) => !owns(owner, shard))
      if (orphan !== -1) return `shard ${orphan} has no living owner`
      const counts = members
        .filter(({ state, stopping }) => state === "running" && !stopping)
        .map(({ owned }) => owned.filter((shard) => shard !== null).length)
      if (Math.max(...counts) - Math.min(...counts) > 1) return `the shards are not shared out evenly: ${counts}`
    }
    if (wants("right in the end") && !gateway.gone) {
      if (gateway.pending !== null) return "the gateway still waits for an answer"
      if (gateway.content.join() !== Array.from({ length: world.log }, (_, i) => i + 1).join()) {
        return `the subscriber sees events [${gateway.content}] of ${world.log}`
      }
      if (gateway.mixed) return "the subscriber has seen something old after something new, and no reset after it"
    }
    return undefined
  }
}

/** A get that is pending, and that nobody has. */
function lostRequest({ gateway, members }: World): string | undefined {
  if (gateway.pending === null) return undefined
  const isSomewhere = members.some(
    (member) =>
      member.working !== null ||
      member.in.some(({ type }) => type === "get" || type === "answer") ||
      member.out.some(({ type }) => type === "answer" || type === "hand on" || type === "hand back"),
  )
  return isSomewhere ? undefined : "a request has disappeared"
}
