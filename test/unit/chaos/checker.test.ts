import { expect } from "chai"
import type { ShownEvent } from "../../../contract/publish-event.ts"
import { check, type Finding } from "../../chaos/checker.ts"
import { type Evidence, type MemberEvidence, storedEvent } from "../../chaos/evidence.ts"
import { publishEvents } from "../../helpers/events.ts"

const SHOP = "123e4567-e89b-42d3-a456-426614174000"

type Part<K extends "shops" | "sessions" | "watchers"> = Evidence[K][number]

const events: ShownEvent[] = publishEvents(120, SHOP).map((event, i) => ({
  ...event,
  seq: 2 * i + 2,
  received_at: "2026-03-01T10:00:00.000Z",
}))
const log = events.map(storedEvent)
const newest = events.toReversed().slice(0, 100)
const seqs = log.map(({ seq }) => seq)

const host: MemberEvidence = { customerId: "h", name: "Host", acknowledged: 4, sent: 5, isReady: undefined }
const guest: MemberEvidence = { customerId: "g", name: "Guest", acknowledged: 2, sent: 2, isReady: true }
const carts = [
  { owner: { id: "h", name: "Host", isHost: true, isReadyToCheckout: false }, content: { n: 4 } },
  { owner: { id: "g", name: "Guest", isHost: false, isReadyToCheckout: true }, content: { n: 2 } },
]

const shop: Part<"shops"> = {
  shopId: SHOP,
  log,
  newest,
  feed: newest,
  acknowledged: log.slice(10),
  readings: [
    { reader: "a stream", after: 0, to: 240, seqs },
    { reader: "a page", after: 99, to: 150, seqs: seqs.filter((seq) => seq > 99 && seq < 160) },
  ],
}
const session: Part<"sessions"> = {
  id: "s-1",
  carts,
  members: [host, guest],
  left: ["x"],
  maybeIn: ["Ghost"],
  thrownOut: [{ name: "Late", code: "session.notMember", doorAwayMs: 50_000 }],
}
const watcher: Part<"watchers"> = { watcher: "a page", shows: carts, fresh: structuredClone(carts) }

/** What the checker finds in good evidence with one part tampered with. */
function checkWith(tampered: {
  shop?: Partial<Part<"shops">>
  session?: Partial<Part<"sessions">>
  watcher?: Partial<Part<"watchers">>
  complaints?: string[]
}): Finding[] {
  return check({
    shops: [{ ...shop, ...tampered.shop }],
    sessions: [{ ...session, ...tampered.session }],
    watchers: [{ ...watcher, ...tampered.watcher }],
    complaints: tampered.complaints ?? [],
  })
}

function reading(tampered: readonly number[]): Partial<Part<"shops">> {
  return { readings: [{ reader: "a stream", after: 0, to: 240, seqs: tampered }] }
}

function swapped<T>(list: readonly T[], i: number): T[] {
  return list.map((element, at) => (at === i ? list[i + 1] : at === i + 1 ? list[i] : element) ?? element)
}

const guestCart = carts[1] as (typeof carts)[number]
const ghost = { owner: { ...guestCart.owner, id: "y" }, content: {} }

describe("check()", () => {
  it("finds nothing in good evidence", () => {
    expect(checkWith({})).to.deep.equal([])
  })

  it("excuses an unanswered entry, a cart that was sent and not answered, and a flag that is not known", () => {
    const unanswered = [
      { ...carts[0], content: { n: 5 } },
      guestCart,
      { ...ghost, owner: { ...ghost.owner, name: "Ghost" } },
    ]
    const members = [host, { ...guest, isReady: undefined }]
    expect(checkWith({ session: { carts: unanswered as typeof carts, members } })).to.deep.equal([])
  })

  const cases: Readonly<Record<string, [Finding["kind"], Parameters<typeof checkWith>[0]]>> = {
    "an acknowledged event that is not in the log": [
      "lost",
      { shop: { log: log.slice(0, -1), newest: newest.slice(1), feed: newest.slice(1), readings: [] } },
    ],
    "an event that is in the log twice": [
      "doubled",
      { shop: { log: [...log, { id: log[50]?.id ?? "", seq: 999 }], readings: [] } },
    ],
    "an event that is in the log elsewhere than answered": [
      "wrong",
      { shop: { acknowledged: [{ id: log[20]?.id ?? "", seq: 41 }] } },
    ],
    "acknowledged events of a producer in another order than the log's": [
      "wrong",
      { shop: { acknowledged: swapped(log, 30) } },
    ],
    "a feed without its newest event": ["wrong", { shop: { feed: newest.slice(1) } }],
    "a feed of 101": ["wrong", { shop: { feed: events.toReversed().slice(0, 101) } }],
    "a feed with an event twice": ["wrong", { shop: { feed: [newest[0], ...newest.slice(0, 99)] } }],
    "a feed with two events swapped": ["wrong", { shop: { feed: swapped(newest, 3) } }],
    "a feed with an event changed": [
      "wrong",
      { shop: { feed: newest.with(7, { ...newest[7], UPC: "other" } as ShownEvent) } },
    ],
    "a stream with an event missing in the middle": ["lost", { shop: reading(seqs.toSpliced(60, 1)) }],
    "a stream that ended early": ["lost", { shop: reading(seqs.slice(0, -1)) }],
    "a stream with an event twice": ["doubled", { shop: reading(seqs.toSpliced(61, 0, seqs[60] ?? 0)) }],
    "a stream with two events swapped": ["wrong", { shop: reading(swapped(seqs, 60)) }],
    "a stream with an event that is not in the log": ["wrong", { shop: reading(seqs.toSpliced(61, 0, 123)) }],
    "a watcher that shows something else": ["wrong", { watcher: { shows: carts.slice(1) } }],
    "a watcher that shows nothing": ["wrong", { watcher: { shows: undefined } }],
    "a member that is missing": ["lost", { session: { carts: carts.slice(0, 1) } }],
    "a cart older than the acknowledged one": [
      "lost",
      { session: { members: [host, { ...guest, acknowledged: 3, sent: 3 }] } },
    ],
    "a cart that was never sent": ["wrong", { session: { members: [host, { ...guest, acknowledged: 1, sent: 1 }] } }],
    "a ready flag that is not the acknowledged one": [
      "wrong",
      { session: { members: [host, { ...guest, isReady: false }] } },
    ],
    "a member that has left": ["wrong", { session: { left: ["g"], members: [host] } }],
    "a member that nobody is": ["doubled", { session: { carts: [...carts, ghost] } }],
    "a session with its host last": ["wrong", { session: { carts: carts.toReversed() } }],
    "a session with two hosts": [
      "wrong",
      { session: { carts: carts.map(({ owner, content }) => ({ owner: { ...owner, isHost: true }, content })) } },
    ],
    "a member that was thrown out although its door was there": [
      "lost",
      { session: { thrownOut: [{ name: "Guest", code: "session.notYourCustomer", doorAwayMs: 20_000 }] } },
    ],
    "a complaint of a client": ["wrong", { complaints: ["a POST was answered 409"] }],
  }
  for (const [title, [kind, tampered]] of Object.entries(cases)) {
    it(`finds ${title}: ${kind}`, () => {
      const found = checkWith(tampered)
      expect(found.map((finding) => finding.kind)).to.include(kind)
      expect(new Set(found.map(({ text }) => text)).size).to.equal(found.length)
    })
  }
})
