import { end, resetAgain, see } from "./member.ts"
import { settle, tick } from "./time.ts"
import { beginTerm, type Context, DELAYS, type Delay, isConnected } from "./world.ts"

/** Something that may happen next. */
export interface Action {
  readonly name: string
  readonly happen: (context: Context) => void
}

const FAULTS = ["pause", "kill", "lost answer", ...DELAYS] as const
export type Fault = (typeof FAULTS)[number]

/** How big a world is, and how much may happen in it. */
export interface Size {
  readonly processes: readonly string[]
  readonly shards: number
  readonly faults: number
  /** Which faults there are; all without it. */
  readonly kinds?: readonly Fault[]
  /** The process that NATS prefers for requests; without it, that may change at any time. */
  readonly picks?: string
  /** Delays on the network end before a tick has passed. */
  readonly brief?: boolean
  readonly events: number
  readonly resets: number
  readonly stops: number
  readonly starts: number
}

/** Everything that may happen next in this world. */
export function actions({ world }: Context, size: Size): Action[] {
  const { left } = world
  const list: Action[] = []
  const add = (name: string, happen: Action["happen"]): number => list.push({ name, happen })
  const mayPass = (delay: Delay): boolean => !size.brief || delay === "work"
  if (world.members.every(({ catchesUp, delayed }) => !catchesUp && delayed.every(mayPass))) add("a tick passes", tick)
  const member = (context: Context, id: string) => {
    const found = context.world.members.find((other) => other.id === id)
    if (found === undefined) throw new Error(`there is no ${id}`)
    return found
  }
  const fault = (kind: Fault, name: string, happen: Action["happen"]): void => {
    if (left.faults === 0 || !(size.kinds ?? FAULTS).includes(kind)) return
    add(name, (context) => {
      context.world.left.faults--
      happen(context)
    })
  }
  if (left.events > 0) {
    add(`event ${world.log + 1} is stored`, (context) => {
      context.world.left.events--
      context.world.log++
    })
  }
  for (const process of size.processes) {
    const isRunning = world.members.some((other) => other.process === process && other.state !== "ended")
    if (!isRunning && left.starts > 0) {
      add(`${process} is started`, (context) => {
        context.world.left.starts--
        beginTerm(context.world, process)
      })
    }
    const isPickable = world.members.some((other) => other.process === process && isConnected(other))
    if (size.picks === undefined && world.picks !== process && isPickable) {
      add(`NATS prefers ${process} for requests`, (context) => {
        context.world.picks = process
      })
    }
  }
  for (const { id, state, stopping, losesAnswer, out, delayed, owned } of world.members) {
    if (owned[0] && left.resets > 0) {
      add(`${id} resets what it owns, as it does every 15 minutes`, (context) => {
        context.world.left.resets--
        resetAgain(context, member(context, id))
      })
    }
    if (state === "running") {
      fault("pause", `${id} is stopped by SIGSTOP`, (context) => {
        member(context, id).state = "paused"
      })
      if (left.stops > 0 && !stopping) {
        add(`${id} is told to stop (SIGTERM)`, (context) => {
          context.world.left.stops--
          member(context, id).stopping = true
        })
      }
    }
    if (state === "paused") {
      add(`${id} wakes up`, (context) => {
        member(context, id).state = "running"
      })
    }
    if (state !== "ended") {
      fault("kill", `${id} is killed`, (context) => {
        end(member(context, id))
      })
      if (!losesAnswer) {
        fault("lost answer", `the answer to ${id}'s next renewal will be lost`, (context) => {
          member(context, id).losesAnswer = true
        })
      }
      for (const delay of DELAYS) {
        if (delayed.includes(delay)) continue
        fault(delay, delayNames[delay](id), (context) => {
          const { delayed } = member(context, id)
          delayed.push(delay)
          delayed.sort()
        })
      }
    }
    for (const delay of delayed) {
      add(`${delayNames[delay](id)}: over`, (context) => {
        const delayedMember = member(context, id)
        if (delay === "watch") delayedMember.catchesUp = false
        delayedMember.delayed = delayedMember.delayed.filter((other) => other !== delay)
      })
    }
    if (state === "running" && delayed.includes("watch")) {
      add(`one change is shown to ${id}`, (context) => {
        member(context, id).catchesUp = true
        see(context, member(context, id))
      })
    }
    if (state === "ended" && delayed.includes("out") && out.length > 0) {
      add(`what was under way from ${id} is lost`, (context) => {
        member(context, id).out = []
      })
    }
  }
  return list
}

const delayNames = {
  out: (id: string) => `what ${id} sends is delayed`,
  in: (id: string) => `what is sent to ${id} is delayed`,
  watch: (id: string) => `the watch of ${id} is delayed`,
  work: (id: string) => `the handlers of ${id} are slow`,
}

/** The faults stop: delays end, and who sleeps wakes up. A process is started only if none goes on running. */
export function stopFaults(context: Context): void {
  const { world } = context
  for (const member of world.members) {
    member.delayed = []
    member.catchesUp = false
    member.losesAnswer = false
    if (member.state === "paused") member.state = "running"
  }
  settle(context)
  if (world.members.every(({ state, stopping }) => state === "ended" || stopping)) beginTerm(world, "A")
  settle(context)
}
