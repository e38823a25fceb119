import { expect } from "chai"
import fc from "fast-check"
import { versionOf } from "../../../../service/session/cart-content.ts"
import type { SessionCommand } from "../../../../service/session/command.ts"
import { decide } from "../../../../service/session/decide.ts"
import { evolve, type Session } from "../../../../service/session/session.ts"
import {
  cart,
  join,
  laterThan,
  newcomer,
  ready,
  resume,
  sessionAfter,
  start,
} from "../../../helpers/session-commands.ts"

const requester = "_INBOX.gateway"

/** The session after a numbered request, as another process reads it from the store. */
function asked(session: Session | undefined, command: SessionCommand, number: number, by = requester) {
  const next = decide(session, command, { requester: by, number }).reduce(evolve, session)
  return next && (JSON.parse(JSON.stringify(next)) as Session)
}

const contentOf = (session: Session | undefined, id: string) => session?.members.find((each) => each.id === id)?.content

const settings = fc.oneof(
  fc.integer({ min: 1, max: 3 }).map((n) => cart("a", { n })),
  fc.boolean().map((value) => ready("b", value)),
)

const shown = (session: Session | undefined) =>
  session?.members.map(({ content, ready: signed }) => ({ content, signed }))

describe("requests that arrive late", () => {
  it("leave a cart and another member's readiness as the last ones that were sent have set them, in whatever order they come", () => {
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

  it("undo no change of a line, and change none", () => {
    const items = [{ quantity: 1, product: { id: 1, name: "Tea" } }]
    const empty = { items: [] }
    const add: SessionCommand = { type: "setItem", id: "a", version: versionOf(empty), item: items[0] ?? {} }
    const session = asked(sessionAfter(start("a"), cart("a", empty)), add, 3)
    expect(contentOf(asked(session, cart("a", empty), 2), "a")).to.deep.equal({ items })
    // The cart has come back to the version that the late request names.
    const emptied = asked(session, cart("a", empty), 4)
    expect(() => asked(emptied, add, 1))
      .to.throw()
      .with.property("code", "session.cartChanged")
    expect(contentOf(asked(emptied, add, 5), "a")).to.deep.equal({ items })
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
    expect(JSON.stringify(session?.members[0]?.numbers).length).to.be.below(200)
  })
})
