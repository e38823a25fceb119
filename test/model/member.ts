import { balance } from "../../res-service/src/sharding/balance.ts"
import { LATE, LEASE, REPEAT } from "./rules.ts"
import { isGone } from "./server.ts"
import {
  beginTerm,
  type Context,
  isDelayed,
  type Member,
  type MemberId,
  type MemberKey,
  type Promised,
  type Sent,
  type ShardKey,
} from "./world.ts"

/** One resource is looked at. It is in this shard. */
export const SHOWN = 0

/** True while the member's lease covers it, by its own clock. */
export const isCovered = ({ lease }: Member): boolean => lease !== null && lease.age < LEASE

/** What a running member does now. Returns whether it did anything. */
export function act(context: Context, member: Member): boolean {
  if (member.state !== "running") return false
  const before = progress(member)
  renew(context, member)
  if (member.snapshot === null) {
    tendOthers(context, member)
    moveShards(context, member)
  }
  serve(context, member)
  sendResets(context, member)
  leave(context, member)
  return progress(member) !== before
}

/** A running member takes what has arrived. Returns whether there was anything. */
export function receive(context: Context, member: Member): boolean {
  if (member.state !== "running") return false
  const before = progress(member)
  if (!isDelayed(member, "watch") && !isDelayed(member, "in")) while (see(context, member)) {}
  if (!isDelayed(member, "in")) takeReceived(context, member)
  return progress(member) !== before
}

/** The watch shows the member the next change. Returns whether there was one. */
export function see(context: Context, member: Member): boolean {
  if (hasEnded(member)) return false
  const { bucket } = context.world
  const { view } = member
  const changes: Change[] = [
    ...Object.entries(bucket.members).map(([id, key]) => ({ revision: key.revision, member: id, key })),
    ...Object.entries(bucket.gone).flatMap(([id, revision]) => (id in view.members ? { revision, member: id } : [])),
    ...bucket.shards.map((key, shard) => ({ revision: key.revision, shard, key })),
  ]
  const [next] = changes.filter(({ revision }) => revision > view.position).sort((a, b) => a.revision - b.revision)
  if (next === undefined) return false
  view.position = next.revision
  if (member.snapshot !== null && view.position >= member.snapshot) member.snapshot = null
  if ("shard" in next) seeShard(context, member, next.shard, next.key)
  else seeMember(context, member, next.member, next.key)
  return true
}

/** A change of the bucket: a shard's key, a member's key, or that it was removed. */
type Change =
  | { readonly revision: number; readonly shard: number; readonly key: ShardKey }
  | { readonly revision: number; readonly member: MemberId; readonly key?: MemberKey }

function seeMember(context: Context, member: Member, id: MemberId, key: MemberKey | undefined): void {
  const { view } = member
  if (key === undefined) delete view.members[id]
  else {
    const renewals = member.stopping ? Math.min(2, (view.members[id]?.renewals ?? 0) + 1) : 0
    view.members[id] = { ...key, age: 0, renewals }
  }
  if (id !== member.id) return
  if (key === undefined || key.state === "dead") endTerm(context, member)
  else if (context.rules.renewedBy === "watch") renewed(context, member, key.revision, member.renewing ?? LEASE)
}

function seeShard(context: Context, member: Member, shard: number, key: ShardKey): void {
  const { view } = member
  if (view.shards[shard]?.owner === member.id) for (const other of Object.values(view.members)) other.renewals = 0
  view.shards[shard] = key
  if (key.owner !== member.id) member.owned[shard] = null
  else acquire(context, member, shard, key.term)
}

/** The process was killed or its lease is lost: nothing of its memory remains, but what was sent may still arrive. */
export function end(member: Member): void {
  member.state = "ended"
  member.delayed = member.delayed.filter((delay) => delay === "out")
  member.catchesUp = false
  member.losesAnswer = false
  member.in = []
  member.tried = []
  member.view = { position: 0, members: {}, shards: [] }
  member.snapshot = null
  member.lease = null
  member.renewing = null
  member.owned.fill(null)
  member.working = null
  member.owed = null
}

/** Differs after anything that a member has done or taken. */
function progress({ state, out, in: received, tried, view, working, owned, lease }: Member): string {
  const shown = owned[SHOWN]
  return [
    state,
    out.length,
    received.length,
    tried.length,
    view.position,
    working !== null,
    lease?.revision,
    lease?.age,
    shown?.upTo,
    shown?.promised?.due,
  ].join()
}

const hasEnded = (member: Member): boolean => member.state === "ended"

/** The member has lost its lease. The process goes on in a new term. */
function endTerm(context: Context, member: Member): void {
  context.say(`  ${member.id} learns that it was marked as dead, and begins a new term`)
  const owes = member.owned[SHOWN] !== null || member.owed !== null
  end(member)
  const next = beginTerm(context.world, member.process)
  if (owes && context.rules.resets === "twice") next.owed = newPromise()
}

function renew({ rules }: Context, member: Member): void {
  const seen = member.view.members[member.id]
  const tellsStopping = member.stopping && seen?.state === "living"
  if (member.lease?.age === 0 && !tellsStopping) return
  // Who waits for answers tries again without one, for it may be lost.
  if (member.renewing !== null && (rules.renewedBy === "watch" || member.renewing === 0)) return
  const revision = member.lease?.revision ?? 0
  once(member, "renew", () => {
    member.renewing = 0
    member.out.push({ type: "renew", revision, stopping: member.stopping, age: 0 })
  })
}

function renewed({ rules }: Context, member: Member, revision: number, age: number): void {
  member.lease = { revision, age: rules.leaseFrom === "sent" ? age : 0 }
  member.renewing = null
}

/** Marks members as dead that did not renew, and removes the keys of those whose connections are gone. */
function tendOthers(context: Context, member: Member): void {
  if (!isCovered(member)) return
  for (const [id, { revision, state, age }] of Object.entries(member.view.members)) {
    if (id === member.id) continue
    if (state === "dead") {
      if (isGone(context, id))
        once(member, `remove ${id}`, () => member.out.push({ type: "remove", member: id, revision }))
    } else if (age >= LEASE && context.rules.marksDead) {
      once(member, `mark ${id} ${revision}`, () => member.out.push({ type: "mark dead", member: id, revision }))
    }
  }
}

/** Claims what it should have and nobody has; releases what it should not have. */
function moveShards(context: Context, member: Member): void {
  const { world, rules } = context
  const { view } = member
  if (!isCovered(member) || !(member.id in view.members)) return
  const lives = (id: MemberId | null): boolean => {
    if (id === null) return false
    const key = view.members[id]
    if (key === undefined) {
      if (!rules.confirmsDeath) return false
      const { state } = world.bucket.members[id] ?? { state: "dead" }
      return state !== "dead"
    }
    return key.state !== "dead" && (rules.marksDead || id === member.id || key.age < LEASE)
  }
  const candidates = Object.keys(view.members).filter((id) => lives(id) && view.members[id]?.state === "living")
  const mayStay = member.stopping ? candidates.filter((id) => id !== member.id) : candidates
  const owners = new Map(view.shards.map(({ owner }, shard) => [shard, owner ?? undefined]))
  const targets = balance(mayStay, owners)
  for (const [shard, { revision, owner }] of view.shards.entries()) {
    if (member.owned[shard] && targets.get(shard) !== member.id) {
      if (shard === SHOWN && member.working !== null && rules.finishesBeforeRelease) continue
      member.owned[shard] = null
      member.out.push({ type: "release", shard, revision })
    } else if (targets.get(shard) === member.id && !lives(owner)) {
      once(member, `claim ${shard} ${revision}`, () => member.out.push({ type: "claim", shard, revision }))
    }
  }
}

function acquire(context: Context, member: Member, shard: number, term: number): void {
  const promised = shard === SHOWN ? newPromise() : null
  member.owned[shard] = { term, upTo: context.world.log, promised }
}

/** Shows new events, and finishes the request in the queue. */
function serve(context: Context, member: Member): void {
  if (context.rules.fence && !isCovered(member)) return
  if (member.working !== null && !isDelayed(member, "work")) {
    const { from, upTo, term } = member.working
    const handsBack = from !== "gateway" && context.rules.answersLeaveOn === "forwarder"
    send(member, handsBack ? { type: "hand back", to: from, upTo, term } : { type: "answer", upTo, term })
    member.working = null
  }
  const owned = member.owned[SHOWN]
  if (!owned || member.working !== null) return
  while (owned.upTo < context.world.log) send(member, { type: "event", number: ++owned.upTo, term: owned.term })
}

const send = (member: Member, message: Sent): number => member.out.push(message)

function newPromise(): Promised {
  return { due: 0, sent: 0, certain: true, kept: 0 }
}

/** The owner resets what it has, so that a route which NATS has lost does no harm for long. */
export function resetAgain({ rules }: Context, member: Member): void {
  const owned = member.owned[SHOWN]
  if (!owned) return
  if (rules.resets === "until certain") owned.promised = newPromise()
  else member.out.push({ type: "reset" })
}

function sendResets(context: Context, member: Member): void {
  if (context.rules.fence && !isCovered(member)) return
  const owned = member.owned[SHOWN]
  if (owned?.promised) owned.promised = keep(context, member, owned.promised)
  const owner = member.view.shards[SHOWN]?.owner ?? null
  if (member.owed !== null && owner !== null && member.view.members[owner]?.state === "living") {
    member.owed = keep(context, member, member.owed)
  }
}

/** Sends the reset if it is due. Returns what remains of the promise. */
function keep({ rules }: Context, member: Member, promised: Promised): Promised | null {
  if (promised.due > 0) return promised
  const kept = promised.sent > 0 && promised.certain ? promised.kept + 1 : 0
  // The first reset may be ignored, for a get of the time before is pending. After a certain time the second is not.
  if (rules.resets === "until certain" && kept === 2) return null
  member.out.push({ type: "reset" })
  const sent = promised.sent + 1
  if (rules.resets === "once" || (rules.resets === "twice" && promised.sent > 0 && promised.certain)) return null
  return { due: REPEAT, sent: Math.min(sent, 2), certain: true, kept }
}

/** A stopping member leaves when it has nothing left to do, and nobody hands requests on to it any more. */
function leave({ rules }: Context, member: Member): void {
  const { view, lease, out, id } = member
  if (!member.stopping || lease === null || member.renewing !== null) return
  if (member.working !== null || member.owned.some((owned) => owned !== null)) return
  const others = Object.entries(view.members).filter(([other, { state }]) => other !== id && state !== "dead")
  if (others.length > 0) {
    if (member.in.length > 0 || view.shards.some(({ owner }) => owner === id)) return
    // The second renewal names the first one's revision, so its sender's watch has passed the release.
    if (rules.leavesLast && others.some(([, { renewals }]) => renewals < 2)) return
  }
  end(member)
  out.push({ type: "remove", member: id, revision: lease.revision })
}

function takeReceived(context: Context, member: Member): void {
  for (const message of member.in.splice(0)) {
    if (hasEnded(member)) return
    switch (message.type) {
      case "renewed":
        renewed(context, member, message.revision, message.age)
        break
      case "not renewed":
        member.renewing = null
        if (message.revision === "dead") endTerm(context, member)
        else member.lease = { revision: message.revision, age: member.lease?.age ?? LEASE }
        break
      case "answer":
        member.out.push(message)
        break
      case "get":
        handleGet(context, member, message)
    }
  }
}

function handleGet(context: Context, member: Member, message: Extract<Member["in"][number], { type: "get" }>): void {
  const { rules } = context
  const owned = member.owned[SHOWN]
  const maySend = !rules.fence || isCovered(member)
  if (owned && member.working === null) {
    member.working = { from: message.from, upTo: owned.upTo, term: owned.term }
    return
  }
  const owner = member.view.shards[SHOWN]?.owner ?? null
  const key = owner === null || owner === member.id ? undefined : member.view.members[owner]
  if (
    !owned &&
    maySend &&
    owner !== null &&
    key !== undefined &&
    key.state !== "dead" &&
    key.age <= LATE &&
    message.hops < 3
  ) {
    member.out.push({ type: "hand on", to: owner, hops: message.hops + 1 })
    return
  }
  if (!message.held && maySend) member.out.push({ type: "pre-response" })
  member.in.push(message.held || !maySend ? message : { ...message, held: true })
}

function once(member: Member, what: string, action: () => void): void {
  if (member.tried.includes(what)) return
  member.tried.push(what)
  action()
}
