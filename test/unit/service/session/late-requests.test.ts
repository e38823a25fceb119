import { expect } from "chai"
import fc from "fast-check"
import { Split } from "../../../../contract/session-status.ts"
import { versionOf } from "../../../../service/session/cart-content.ts"
import type { SessionCommand } from "../../../../service/session/command.ts"
import { decide } from "../../../../service/session/decide.ts"
import { linesOf } from "../../../../service/session/lines.ts"
import { evolve, type Session } from "../../../../service/session/session.ts"
import {
  beginCheckout,
  cancelCheckout,
  cart,
  join,
  laterThan,
  leave,
  newcomer,
  ready,
  resume,
  sessionAfter,
  setIdle,
  start,
} from "../../../helpers/session-commands.ts"

const requester = "_INBOX.gateway"

/** The session after a numbered request, as another process reads it from the store. */
function asked(session: Session | undefined, command: SessionCommand, number: number, by = requester) {
  const next = decide(session, command, { requester: by, number }).reduce(evolve, session)
  return next && (JSON.parse(JSON.stringify(next)) as Session)
}

const contentOf = (session: Session | undefined, id: string) => session?.members.find((each) => each.id === id)?.content
const isReady = (session: Session | undefined, id: string) => session?.members.find((each) => each.id === id)?.ready

const settings = fc.oneof(
  fc.integer().map((n) => cart("a", { n })),
  fc.boolean().map((idle) => setIdle("b", idle)),
  fc.boolean().map((value) => ready("b", value)),
  fc.constantFrom(...Split.options).map((split): SessionCommand => ({ type: "setSplit", by: "a", split })),
)

const shown = (session: Session | undefined) => ({
  members: session?.members.map(({ content, idle = false, ready: signed }) => ({ content, idle, signed })),
  split: session?.split,
})

describe("requests that arrive late", () => {
  it("leave cart, presence, readiness and split as the last ones that were sent have set them, in whatever order they come", () => {
    const sent = fc.array(fc.tuple(settings, fc.nat()), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(sent, (commands) => {
        const begun = sessionAfter(start("a"), join("b"))
        const numbered = commands.map(([command, key], i) => ({ command, key, number: i + 1 }))
        const run = (requests: typeof numbered) =>
          requests.reduce((session, { command, number }) => asked(session, command, number), begun)
        const shuffled = numbered.toSorted((one, other) => one.key - other.key)
        expect(shown(run(shuffled))).to.deep.equal(shown(run(numbered)))
      }),
    )
  })

  it("are refused if they would take a connection from its member, or a member from its connection", () => {
    const onConn = (id: string): SessionCommand => ({ type: "join", newcomer: newcomer(id, "conn") })
    const session = asked(sessionAfter(start("a")), onConn("b"), 7)
    expect(() => asked(session, onConn("c"), 6)).to.throw("before this one")
    expect(() => asked(session, resume("a", "conn"), 6)).to.throw("before this one")
    expect(asked(session, join("c", "other"), 6)?.members).to.have.length(3)
    const resumed = asked(session, resume("b", "conn-2"), 9)
    expect(() => asked(resumed, resume("b", "conn-1"), 8)).to.throw("before this one")
    // Without a number, the last one that comes counts.
    expect(laterThan(resumed, resume("b", "conn-1"))?.members.at(-1)?.cid).to.equal("conn-1")
  })

  it("undo no change of a line", () => {
    const item = { quantity: 1, product: { id: 1, name: "Tea" } }
    const session = sessionAfter(start("a"), cart("a", { items: [] }))
    const added = asked(session, { type: "setItem", id: "a", version: versionOf({ items: [] }), item }, 2)
    expect(contentOf(asked(added, cart("a", { items: [] }), 1), "a")).to.deep.equal({ items: [item] })
    const [line] = linesOf({ items: [item] })
    const disown = (disowned: boolean): SessionCommand => ({ type: "disown", id: "a", line: line?.id ?? "", disowned })
    const owned = asked(asked(added, disown(true), 3), disown(false), 5)
    expect(asked(owned, disown(true), 4)?.members[0]?.disowned).to.deep.equal([])
  })

  it("sign no cart that came after them", () => {
    const session = asked(sessionAfter(start("a"), join("b"), cart("b", { n: 1 })), cart("b", { n: 2 }), 3)
    expect(isReady(asked(session, ready("b"), 2), "b")).to.equal(false)
    expect(isReady(asked(session, ready("b"), 4), "b")).to.equal(true)
  })

  it("cancel no checkout that began after them, and begin none that was cancelled", () => {
    const session = sessionAfter(start("a"), cart("a", { items: [{}] }), ready("a"))
    const begun = asked(session, beginCheckout("a"), 2)
    const again = asked(asked(begun, cancelCheckout("a"), 4), beginCheckout("a"), 6)
    expect(asked(again, cancelCheckout("a"), 5)?.checkout?.payer).to.equal("a")
    expect(asked(asked(again, cancelCheckout("a"), 8), beginCheckout("a"), 7)?.checkout).to.equal(undefined)
  })

  it("of an earlier host change nothing that the present one has set, and make no newer invitations void", () => {
    const hosts = sessionAfter(start("a"), join("b"), leave("a"))
    const split = (by: string, value: Split): SessionCommand => ({ type: "setSplit", by, split: value })
    const session = asked(hosts, split("b", "evenly"), 3)
    expect(asked(session, split("b", "byCart"), 2)?.split).to.equal("evenly")
    const invite = (key: string): SessionCommand => ({ type: "invite", by: "b", key, replace: true })
    expect(asked(asked(session, invite("new"), 6), invite("old"), 5)?.invites?.key).to.equal("new")
  })

  it("are known of each of the last requesters, so that one does not hide what another has set", () => {
    const session = asked(asked(sessionAfter(start("a")), cart("a", { n: 10 }), 10), cart("a", { n: 5 }), 5, "_INBOX.b")
    expect(contentOf(asked(session, cart("a", { n: 9 }), 9), "a")).to.deep.equal({ n: 5 })
    expect(contentOf(asked(session, cart("a", { n: 1 }), 1, "_INBOX.c"), "a")).to.deep.equal({ n: 1 })
  })

  it("are known in a few bytes for each member, however often it resumes by whatever gateway", () => {
    const session = Array.from({ length: 200 }, (_, i) => i).reduce<Session | undefined>(
      (before, i) => asked(before, resume("a", `conn-${i}`), i, `_INBOX.${i % 7}`),
      sessionAfter(start("a")),
    )
    expect(JSON.stringify(session?.members[0]?.requests).length).to.be.below(200)
    expect(session?.requests).to.equal(undefined)
  })
})
