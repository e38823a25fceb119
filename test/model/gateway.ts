import { GET_TIMEOUT, HELD_TIMEOUT } from "./rules.ts"
import { type Context, isConnected, type Member } from "./world.ts"

/** A reset arrives: the gateway gets again what it shows. */
export function reset(context: Context): void {
  const { gateway } = context.world
  if (gateway.gone) return
  if (gateway.pending !== null) {
    context.say("  the gateway is waiting for an answer, so it ignores the reset")
    gateway.again = context.rules.gateway === "own"
    return
  }
  get(context)
}

/** The gateway sends a get. NATS gives it to one member that is connected, whether it lives or not. */
export function get(context: Context): void {
  const { world, say } = context
  const { gateway } = world
  gateway.again = false
  const subscribed = world.members.filter((member) => isConnected(member) && !member.stopping)
  const picked = subscribed.find(({ process }) => process === world.picks) ?? subscribed[0]
  if (picked === undefined) {
    say("  nobody answers gets: the gateway tells its subscriber that the resource is gone")
    gateway.gone = true
    return
  }
  say(`  the gateway's get goes to ${picked.id}${picked.state === "running" ? "" : `, which is ${picked.state}`}`)
  gateway.pending = { age: 0, limit: GET_TIMEOUT }
  if (picked.state !== "ended") picked.in.push({ type: "get", from: "gateway", hops: 0, held: false })
}

export function event(context: Context, from: Member, number: number, term: number): void {
  const { gateway } = context.world
  if (gateway.gone) return
  if (gateway.pending !== null) {
    context.say(`  the gateway is waiting for an answer, so it ignores event ${number} of ${from.id}`)
    return
  }
  gateway.content = [...gateway.content, number]
  show(context, term, `event ${number} of ${from.id}`)
}

export function answer(context: Context, from: Member, upTo: number, term: number): void {
  const { gateway } = context.world
  if (gateway.pending === null) return
  gateway.pending = null
  gateway.mixed = false
  gateway.content = Array.from({ length: upTo }, (_, i) => i + 1)
  show(context, term, `the answer of ${from.id}`)
  if (gateway.again) get(context)
}

export function preResponse({ world: { gateway } }: Context): void {
  if (gateway.pending !== null) gateway.pending.limit = HELD_TIMEOUT
}

/** A tick passes. A get that nobody answered in time leaves the old content. */
export function tick(context: Context): void {
  const { world, say } = context
  const { gateway } = world
  if (gateway.pending === null || ++gateway.pending.age < gateway.pending.limit) return
  say(`  the gateway's get is not answered in time: it goes on showing ${shown(gateway.content)}`)
  gateway.pending = null
  // What is under way for this get has no effect any more.
  for (const member of world.members) {
    member.working = null
    member.in = member.in.filter(({ type }) => type !== "get" && type !== "answer")
    member.out = member.out.filter(({ type }) => !["answer", "pre-response", "hand on", "hand back"].includes(type))
  }
  if (gateway.again) get(context)
}

function show({ world: { gateway }, say }: Context, term: number, source: string): void {
  if (term < gateway.term) gateway.mixed = true
  gateway.term = Math.max(gateway.term, term)
  say(`  the gateway shows ${shown(gateway.content)}, after ${source}`)
}

const shown = (content: readonly number[]): string =>
  content.length === 0 ? "no event" : `events ${content.join(", ")}`
