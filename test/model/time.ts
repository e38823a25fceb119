import * as gateway from "./gateway.ts"
import { act, receive } from "./member.ts"
import { LATE, LEASE } from "./rules.ts"
import { take } from "./server.ts"
import { type Context, isConnected, type Member } from "./world.ts"

/** Everything happens that is not delayed, until nothing is left to do. */
export function settle(context: Context): void {
  const { world } = context
  for (let changed = true, rounds = 0; changed; rounds++) {
    if (rounds > 100) throw new Error("the members never come to rest")
    changed = false
    for (const member of [...world.members]) {
      // Its timers come first when a process wakes up, with a view that may be old.
      if (act(context, member)) changed = true
      if (take(context, member)) changed = true
      if (receive(context, member)) changed = true
    }
  }
  for (const member of world.members) member.tried = []
  forget(context)
}

/** A tick passes for everybody, also for a process that stands still. */
export function tick(context: Context): void {
  for (const member of context.world.members) {
    if (member.state === "ended") continue
    notice(context, member)
    if (member.lease !== null) member.lease.age = Math.min(LEASE, member.lease.age + 1)
    if (member.renewing !== null) member.renewing = Math.min(LEASE, member.renewing + 1)
    for (const key of Object.values(member.view.members)) key.age = Math.min(LEASE, key.age + 1)
    for (const message of [...member.out, ...member.in]) {
      if ("age" in message) message.age = Math.min(LEASE, message.age + 1)
    }
    for (const promised of [member.owed, member.owned[0]?.promised]) if (promised && promised.due > 0) promised.due--
  }
  gateway.tick(context)
}

/** A reset is in doubt if its sender stood still, was slow to answer, or sees that others may lose gets or that old messages may come. */
function notice({ rules }: Context, member: Member): void {
  const others = Object.values(member.view.members)
  const seesDoubt = others.some(({ state, age }) => state === "dead" || age >= LATE)
  const isSlow = member.working !== null
  const isInDoubt = member.state === "paused" || (rules.resets === "until certain" && (seesDoubt || isSlow))
  for (const promised of [member.owed, member.owned[0]?.promised]) if (promised && isInDoubt) promised.certain = false
}

/** Drops what can have no effect any more. */
function forget({ world }: Context): void {
  const gone = world.members.filter((member) => !isConnected(member))
  for (const member of gone) world.members.splice(world.members.indexOf(member), 1)
  for (const id of Object.keys(world.bucket.gone)) {
    if (!world.members.some(({ view }) => id in view.members)) delete world.bucket.gone[id]
  }
}
