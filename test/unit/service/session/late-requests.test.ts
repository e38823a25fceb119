import { expect } from "chai"
import fc from "fast-check"
import { Split } from "../../../../contract/session-status.ts"
import type { SessionCommand } from "../../../../service/session/command.ts"
import { decide } from "../../../../service/session/decide.ts"
import { evolve, type Session } from "../../../../service/session/session.ts"
import { join, newcomer, refusal, resume, sessionAfter, start } from "../../../helpers/session-commands.ts"

const requester = "_INBOX.gateway"

/** The session after a numbered request, as another process reads it from the store. */
function afterRequest(session: Session | undefined, command: SessionCommand, number: number): Session | undefined {
  const after = decide(session, command, { requester, number }).reduce(evolve, session)
  return after && JSON.parse(JSON.stringify(after))
}

const settings = fc.oneof(
  fc.integer().map((n): SessionCommand => ({ type: "updateCart", id: "a", content: { n } })),
  fc.integer().map((n): SessionCommand => ({ type: "updateCart", id: "b", content: { n } })),
  fc.boolean().map((idle): SessionCommand => ({ type: "setIdle", id: "b", idle, at: 0 })),
  fc.constantFrom(...Split.options).map((split): SessionCommand => ({ type: "setSplit", by: "a", split })),
)

const shown = (session: Session | undefined) => ({
  carts: session?.members.map(({ content }) => content),
  idle: session?.members.map(({ idle = false }) => idle),
  split: session?.split,
})

describe("requests that arrive late", () => {
  it("leave everything as the last one that was sent has set it, in whatever order they come", () => {
    const sent = fc.array(settings, { minLength: 1, maxLength: 12 })
    const orders = fc.infiniteStream(fc.nat())
    fc.assert(
      fc.property(sent, orders, (commands, order) => {
        const begun = sessionAfter(start("a"), join("b"))
        const numbered = commands.map((command, number) => ({ command, number, key: order.next().value as number }))
        const run = (requests: typeof numbered) =>
          requests.reduce((session, { command, number }) => afterRequest(session, command, number), begun)
        const shuffled = numbered.toSorted((one, other) => one.key - other.key)
        expect(shown(run(shuffled))).to.deep.equal(shown(run(numbered)))
      }),
    )
  })

  it("are refused if they would take a connection from its member, or a member from its connection", () => {
    const member: SessionCommand = { type: "join", newcomer: newcomer("b", "conn") }
    const session = afterRequest(sessionAfter(start("a")), member, 7)
    const late = (command: SessionCommand, number: number) => {
      try {
        decide(session, command, { requester, number })
        return undefined
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    expect(late({ type: "join", newcomer: newcomer("c", "conn") }, 6)).to.equal("system.serviceUnavailable")
    expect(late({ type: "join", newcomer: newcomer("c", "other") }, 6)).to.equal(undefined)
    const resumed = afterRequest(session, resume("b", "conn-2"), 9)
    expect(refusal(resumed, resume("b", "conn-1"))).to.equal(undefined)
    expect(() => decide(resumed, resume("b", "conn-1"), { requester, number: 8 })).to.throw("before this one")
  })

  it("count as they come if another gateway has sent them, or if they have no numbers", () => {
    const cart = (n: number): SessionCommand => ({ type: "updateCart", id: "a", content: { n } })
    const session = afterRequest(sessionAfter(start("a")), cart(2), 2)
    expect(decide(session, cart(1), { requester: "_INBOX.other", number: 1 })).to.have.length(1)
    expect(decide(session, cart(1))).to.have.length(1)
  })

  it("are known for the newest settings only, so that a session does not grow", () => {
    const begun = sessionAfter(start("a"))
    const entered = Array.from({ length: 200 }, (_, i) => i).reduce<Session | undefined>((session, i) => {
      const after = afterRequest(session, { type: "join", newcomer: newcomer(`m${i}`, `conn-${i}`) }, i)
      return decide(after, { type: "leave", id: `m${i}` }).reduce(evolve, after)
    }, begun)
    expect(Object.keys(entered?.requests ?? {})).to.have.length(50)
    expect(entered?.requests?.["entry conn-199"]?.number).to.equal(199)
  })
})
