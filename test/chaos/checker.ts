import { isDeepStrictEqual } from "node:util"
import type { Evidence, Reading, SessionEvidence, ShopEvidence, StoredEvent, WatcherEvidence } from "./evidence.ts"

/** Something that must not be. */
export interface Finding {
  readonly kind: "lost" | "doubled" | "wrong"
  /** The same fact has the same text in each check. */
  readonly text: string
}

/** A member is out after an absence of 30 s; so nobody may be whose door was away for less than this, in ms. */
const SURE_TO_STAY_MS = 25_000

/** Longest piece of a value in a finding's text. */
const MAX_SHOWN = 300

/** Compares all that was seen. Empty if nothing was lost, doubled or wrong. */
export function check(evidence: Evidence): Finding[] {
  return [
    ...evidence.shops.flatMap(checkShop),
    ...evidence.sessions.flatMap(checkSession),
    ...evidence.watchers.flatMap(checkWatcher),
    ...evidence.complaints.map(wrong),
  ]
}

/** Each watcher shows what a fresh get gives. */
export function checkWatcher({ watcher, shows, fresh }: WatcherEvidence): Finding[] {
  if (isDeepStrictEqual(shows, fresh)) return []
  return [wrong(`${watcher} does not show what a fresh get gives: ${difference(shows, fresh)}`)]
}

function checkShop(shop: ShopEvidence): Finding[] {
  return [
    ...checkLog(shop),
    ...checkOrder(shop),
    ...checkFeed(shop),
    ...shop.readings.flatMap((reading) => checkReading(shop, reading)),
  ]
}

/** Each event is in the log once at most, and each acknowledged one is there, at the sequence that was answered. */
function checkLog({ log, acknowledged }: ShopEvidence): Finding[] {
  const seqsOf = new Map<string, number[]>()
  for (const { id, seq } of log) seqsOf.set(id, [...(seqsOf.get(id) ?? []), seq])
  const doubled = [...seqsOf].filter(([, seqs]) => seqs.length > 1)
  return [
    ...doubled.map(([id, seqs]): Finding => ({ kind: "doubled", text: `event ${id} is in the log at ${seqs}` })),
    ...acknowledged.flatMap(({ id, seq }) => {
      const seqs = seqsOf.get(id)
      if (seqs === undefined) return [lost(`event ${id}, acknowledged as ${seq}, is not in the log`)]
      return seqs.includes(seq) ? [] : [wrong(`event ${id}, acknowledged as ${seq}, is in the log at ${seqs}`)]
    }),
  ]
}

/** The sequences of a producer's acknowledged events grow with its numbers. */
function checkOrder({ acknowledged }: ShopEvidence): Finding[] {
  const lastOf = new Map<string, StoredEvent>()
  return acknowledged.flatMap((event) => {
    const producer = event.id.slice(0, event.id.indexOf("/"))
    const last = lastOf.get(producer)
    lastOf.set(producer, event)
    if (last === undefined || last.seq < event.seq) return []
    return [wrong(`event ${event.id} came after ${last.id}, but its sequence ${event.seq} is before ${last.seq}`)]
  })
}

/** The feed is the log's newest 100. */
function checkFeed({ shopId, feed, newest }: ShopEvidence): Finding[] {
  if (isDeepStrictEqual(feed, newest)) return []
  return [wrong(`the feed of ${shopId} is not the log's newest 100: ${difference(feed, newest)}`)]
}

/** A reader gets each event of its part once, in the log's order, with none missing. */
function checkReading({ log }: ShopEvidence, { reader, after, to, seqs }: Reading): Finding[] {
  const end = seqs.reduce((most, seq) => Math.max(most, seq), to)
  const expected = log.filter(({ seq }) => seq > after && seq <= end).map(({ seq }) => seq)
  const logged = new Set(expected)
  const seen = new Set<number>()
  const findings: Finding[] = []
  let last = after
  for (const seq of seqs) {
    if (seen.has(seq)) findings.push({ kind: "doubled", text: `${reader} got ${seq} twice` })
    else if (!logged.has(seq)) findings.push(wrong(`${reader} got ${seq}, which is not in its part of the log`))
    else if (seq < last) findings.push(wrong(`${reader} got ${seq} after ${last}`))
    seen.add(seq)
    last = Math.max(last, seq)
  }
  const missing = expected.filter((seq) => !seen.has(seq))
  if (missing.length > 0)
    findings.push(lost(`${reader} missed ${missing.length} events, first ${missing[0]}, last ${missing.at(-1)}`))
  return findings
}

/** A session has the members that take part, each with its last acknowledged cart and flag, or one that was sent after it. */
function checkSession({ id, carts, members, left, maybeIn, thrownOut }: SessionEvidence): Finding[] {
  const findings: Finding[] = []
  const cartOf = new Map(carts.map((cart) => [cart.owner.id, cart]))
  for (const { customerId, name, acknowledged, sent, isReady } of members) {
    const cart = cartOf.get(customerId)
    if (cart === undefined) {
      findings.push(lost(`${name} (${customerId}) takes part in ${id}, which does not have it`))
      continue
    }
    const n = numberIn(cart.content)
    if (n < acknowledged)
      findings.push(lost(`the cart of ${name} in ${id} is number ${n}, acknowledged was ${acknowledged}`))
    if (n > sent) findings.push(wrong(`the cart of ${name} in ${id} is number ${n}, last sent was ${sent}`))
    if (isReady !== undefined && !cart.owner.isHost && cart.owner.isReadyToCheckout !== isReady)
      findings.push(wrong(`${name} in ${id} is shown with ready ${!isReady}, acknowledged was ${isReady}`))
  }
  for (const { owner } of carts) {
    if (left.includes(owner.id)) findings.push(wrong(`${owner.name} has left ${id}, and is there`))
    else if (!members.some(({ customerId }) => customerId === owner.id) && !maybeIn.includes(owner.name))
      findings.push({ kind: "doubled", text: `${owner.name} (${owner.id}) is in ${id} beside its successor` })
  }
  if (carts.length > 0 && carts.findIndex(({ owner }) => owner.isHost) !== 0)
    findings.push(wrong(`${id} does not begin with its host`))
  if (carts.filter(({ owner }) => owner.isHost).length > 1) findings.push(wrong(`${id} has several hosts`))
  for (const { name, code, doorAwayMs } of thrownOut) {
    if (doorAwayMs >= SURE_TO_STAY_MS) continue
    findings.push(
      lost(`${name} was thrown out of ${id} (${code}) although its door was away for ${doorAwayMs} ms only`),
    )
  }
  return findings
}

/** The number in a numbered cart; 0 in one that was never set. */
export function numberIn(content: unknown): number {
  return (content as { n?: number } | undefined)?.n ?? 0
}

/** Where two values differ first. */
function difference(actual: unknown, expected: unknown): string {
  if (Array.isArray(actual) && Array.isArray(expected)) {
    if (actual.length !== expected.length) {
      const newest = [actual, expected].map((list) => JSON.stringify(list[0])?.slice(0, MAX_SHOWN / 2))
      return `${actual.length} instead of ${expected.length} elements, first ${newest.join(" instead of ")}`
    }
    const i = actual.findIndex((element, at) => !isDeepStrictEqual(element, expected[at]))
    return `element ${i}: ${difference(actual[i], expected[i])}`
  }
  if (isObject(actual) && isObject(expected)) {
    const key = Object.keys({ ...actual, ...expected }).find((name) => !isDeepStrictEqual(actual[name], expected[name]))
    if (key !== undefined) return `${key}: ${difference(actual[key], expected[key])}`
  }
  const [shown, wanted] = [actual, expected].map((value) => JSON.stringify(value)?.slice(0, MAX_SHOWN))
  return `${shown} instead of ${wanted}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function lost(text: string): Finding {
  return { kind: "lost", text }
}

function wrong(text: string): Finding {
  return { kind: "wrong", text }
}
