import * as gateway from "./gateway.ts"
import { type Context, isConnected, isDelayed, type Member, type Received, type Sent } from "./world.ts"

/** NATS takes what is under way from a member, in order. */
export function take(context: Context, member: Member): boolean {
  if (isDelayed(member, "out") || member.out.length === 0) return false
  for (const message of member.out.splice(0)) takeMessage(context, member, message)
  return true
}

function takeMessage(context: Context, from: Member, message: Sent): void {
  const { world, rules, say } = context
  const { bucket } = world
  switch (message.type) {
    case "renew":
      reply(context, from, renew(context, from, message))
      break
    case "mark dead": {
      const key = bucket.members[message.member]
      if (key?.revision !== message.revision || key.state === "dead") return
      say(`  ${from.id} marks ${message.member} as dead`)
      bucket.members[message.member] = { revision: ++bucket.last, state: "dead" }
      break
    }
    case "remove": {
      if (bucket.members[message.member]?.revision !== message.revision) return
      delete bucket.members[message.member]
      bucket.gone[message.member] = ++bucket.last
      break
    }
    case "claim":
    case "release": {
      const shard = bucket.shards[message.shard]
      if (shard === undefined || (rules.comparesRevisions && shard.revision !== message.revision)) return
      const claims = message.type === "claim"
      say(`  ${from.id} ${claims ? "claims" : "releases"} shard ${message.shard}`)
      bucket.shards[message.shard] = {
        revision: ++bucket.last,
        owner: claims ? from.id : null,
        term: claims ? shard.term + 1 : shard.term,
      }
      break
    }
    case "event":
      gateway.event(context, from, message.number, message.term)
      break
    case "answer":
      gateway.answer(context, from, message.upTo, message.term)
      break
    case "pre-response":
      gateway.preResponse(context)
      break
    case "reset":
      say(`  a reset of ${from.id} arrives at the gateway`)
      gateway.reset(context)
      break
    case "hand on":
      say(`  ${from.id} hands the get on to ${message.to}`)
      deliver(context, message.to, { type: "get", from: from.id, hops: message.hops, held: false })
      break
    case "hand back":
      deliver(context, message.to, { type: "answer", upTo: message.upTo, term: message.term })
      break
  }
}

function renew(
  { world: { bucket } }: Context,
  from: Member,
  { revision, stopping, age }: Extract<Sent, { type: "renew" }>,
): Received {
  const key = bucket.members[from.id]
  if (key?.state === "dead" || (key === undefined && revision !== 0)) return { type: "not renewed", revision: "dead" }
  if ((key?.revision ?? 0) !== revision) return { type: "not renewed", revision: key?.revision ?? 0 }
  const next = ++bucket.last
  bucket.members[from.id] = { revision: next, state: stopping ? "stopping" : "living" }
  return { type: "renewed", revision: next, age }
}

function reply({ say, rules }: Context, to: Member, message: Received): void {
  if (to.state === "ended" || rules.renewedBy === "watch") return
  if (to.losesAnswer) {
    say(`  the answer to ${to.id}'s renewal is lost`)
    to.losesAnswer = false
    return
  }
  to.in.push(message)
}

function deliver({ world }: Context, to: string, message: Received): void {
  const receiver = world.members.find(({ id }) => id === to)
  if (receiver !== undefined && receiver.state !== "ended") receiver.in.push(message)
}

/** A request to the member's own subject gets "no responders": nothing of its connection can come any more. */
export function isGone({ world }: Context, id: string): boolean {
  const member = world.members.find((other) => other.id === id)
  return member === undefined || !isConnected(member)
}
