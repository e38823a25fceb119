import { expect } from "chai"
import { ResError } from "res-service"
import type { SessionStatus } from "../../../../contract/session-status.ts"
import type { SessionCommand } from "../../../../service/session/command.ts"
import { mended } from "../../../../service/session/mend.ts"
import type { Session } from "../../../../service/session/session.ts"
import { statusOf } from "../../../../service/session/status.ts"
import { dueAt } from "../../../../service/session/tick.ts"
import {
  beginCheckout,
  cancelCheckout,
  cart,
  completeCheckout,
  disconnect,
  expire,
  join,
  kick,
  laterThan,
  leave,
  lock,
  newcomer,
  ready,
  refusal,
  refusalOf,
  resume,
  sessionAfter,
  setDeadline,
  shopAgain,
  start,
  tick,
  unlock,
} from "../../../helpers/session-commands.ts"

const DAY_MS = 24 * 60 * 60 * 1000
const bread = { items: [{ quantity: 1, product: { name: "Rye Bread", price: 3.2 } }] }
const milk = { items: [{ quantity: 2, product: { name: "Milk", price: 1.1 } }] }
const trio = [start("a"), join("b"), join("c"), cart("a", milk), cart("b", bread)]
const allReady = [...trio, ready("b"), ready("c"), ready("a")]

const statusIn = (session: Session | undefined): SessionStatus => statusOf(session, 1, null)

/** The phase of a session after some commands. */
const phase = (...commands: SessionCommand[]): string => statusIn(sessionAfter(...commands)).phase

const dataOf = (...commands: SessionCommand[]): unknown => {
  const [last, ...rest] = commands.toReversed()
  if (last === undefined) throw new Error("no command")
  const error = refusalOf(sessionAfter(...rest.toReversed()), last)
  return error instanceof ResError ? [error.code, error.data] : error
}

describe("locked carts", () => {
  it("stay as they are: a change is refused, and says by whom and since when; an equal cart is taken", () => {
    expect(dataOf(...trio, lock("a", 1000), cart("b", milk))).to.deep.equal([
      "session.locked",
      { by: "host", since: "1970-01-01T00:00:01.000Z" },
    ])
    const locked = sessionAfter(...trio, lock("a"))
    expect(refusal(locked, cart("b", structuredClone(bread)))).to.equal(undefined)
    expect(refusal(locked, cart("c", {}))).to.equal(undefined)
    expect(laterThan(locked, unlock("a"), cart("b", milk))?.members[1]?.content).to.equal(milk)
  })

  it("are locked and unlocked by the host only", () => {
    const session = sessionAfter(...trio)
    for (const command of [
      lock("b"),
      unlock("b"),
      setDeadline("b", 10),
      { type: "setSplit", by: "b", split: "evenly" },
    ])
      expect(refusal(session, command as SessionCommand)).to.equal("session.notHost")
    expect(statusIn(laterThan(session, lock("a", 1), lock("a", 2))).locked_at).to.equal("1970-01-01T00:00:00.001Z")
    expect(refusal(session, unlock("a"))).to.equal(undefined)
  })

  it("let members get ready, take that back, join, resume, leave and be kicked", () => {
    const locked = sessionAfter(...trio, lock("a"))
    for (const command of [ready("b"), join("d"), disconnect("b"), leave("b"), kick("a", "b")])
      expect(refusal(locked, command), command.type).to.equal(undefined)
    expect(refusal(laterThan(locked, ready("b")), ready("b", false))).to.equal(undefined)
    expect(refusal(laterThan(locked, disconnect("b")), resume("b"))).to.equal(undefined)
  })

  it("are unlocked, without a deadline, when the host leaves or its place is passed on", () => {
    const locked = [...trio, setDeadline("a", DAY_MS), lock("a")]
    for (const end of [
      [leave("a")],
      [disconnect("a"), expire(["a"])],
      [disconnect("a"), { type: "start", newcomer: newcomer("a2") }],
    ] as SessionCommand[][]) {
      const session = sessionAfter(...locked, ...end)
      expect(statusIn(session)).to.include({ phase: "shopping", locked_by: null, deadline: null })
      expect(dueAt(session)).to.equal(undefined)
    }
    expect(phase(...locked, disconnect("a"))).to.equal("locked")
    expect(phase(...locked, leave("b"))).to.equal("locked")
  })
})

describe("a deadline", () => {
  it("locks the carts when it has come, not before; later ticks change nothing", () => {
    const session = sessionAfter(...trio, setDeadline("a", 5000))
    expect(dueAt(session)).to.equal(5000)
    expect(statusIn(laterThan(session, tick(4999)))).to.include({ phase: "shopping", locked_by: null })
    const locked = laterThan(session, tick(7000))
    expect(statusIn(locked)).to.include({
      phase: "locked",
      locked_by: "deadline",
      locked_at: "1970-01-01T00:00:05.000Z",
      deadline: "1970-01-01T00:00:05.000Z",
    })
    expect(dueAt(locked)).to.equal(undefined)
    expect(laterThan(locked, tick(9000))).to.equal(locked)
    expect(refusal(locked, cart("b", milk))).to.equal("session.locked")
  })

  it("is in the future by the server's clock, at most 7 days", () => {
    const session = sessionAfter(...trio)
    expect(refusal(session, setDeadline("a", 1000, 1000))).to.equal("session.deadlineOutOfRange")
    expect(refusal(session, setDeadline("a", 1001, 1000))).to.equal(undefined)
    expect(refusal(session, setDeadline("a", 7 * DAY_MS + 1000, 1000))).to.equal(undefined)
    expect(dataOf(...trio, setDeadline("a", 7 * DAY_MS + 1001, 1000))).to.deep.equal([
      "session.deadlineOutOfRange",
      { after: "1970-01-01T00:00:01.000Z", latest: "1970-01-08T00:00:01.000Z" },
    ])
  })

  it("can be put off, also after it has locked the carts, and does not lock them again once they are unlocked", () => {
    const passed = [...trio, setDeadline("a", 5000), tick(5000)]
    expect(phase(...passed, setDeadline("a", 9000, 6000))).to.equal("shopping")
    expect(phase(...passed, setDeadline("a", 9000, 6000), tick(9000))).to.equal("locked")
    expect(phase(...passed, setDeadline("a", undefined, 6000), tick(9000))).to.equal("shopping")
    expect(phase(...passed, unlock("a", 6000), tick(9000))).to.equal("shopping")
    // The host has locked them before.
    const early = [...trio, setDeadline("a", 5000), lock("a", 1000)]
    expect(statusIn(sessionAfter(...early, tick(6000))).locked_by).to.equal("host")
    expect(phase(...early, unlock("a", 6000), tick(6001))).to.equal("shopping")
    expect(phase(...early, unlock("a", 2000), tick(5000))).to.equal("locked")
    expect(phase(...early, setDeadline("a", 9000, 2000))).to.equal("locked")
  })
})

describe("a checkout", () => {
  it("begins by any member who pays for all, when everybody who is present is ready", () => {
    expect(refusal(sessionAfter(...trio, ready("b")), beginCheckout("b"))).to.equal("session.notEverybodyReady")
    const session = sessionAfter(...allReady, beginCheckout("b", 2000))
    expect(statusOf(session, 7, null)).to.include({
      n: 7,
      phase: "checkingOut",
      payer: "b",
      checking_out_at: "1970-01-01T00:00:02.000Z",
      ordered_at: null,
    })
    expect(phase(...trio, ready("b"), disconnect("c"), ready("a"), beginCheckout("a"))).to.equal("checkingOut")
    expect(refusal(session, beginCheckout("nobody"))).to.equal("session.notMember")
  })

  it("begins by a host alone if there is something in its cart, and not by a guest alone", () => {
    expect(refusal(sessionAfter(start("a")), beginCheckout("a"))).to.equal("session.notEverybodyReady")
    expect(phase(start("a"), cart("a", milk), beginCheckout("a"))).to.equal("checkingOut")
    expect(phase(...trio, disconnect("b"), disconnect("c"), beginCheckout("a"))).to.equal("checkingOut")
    expect(refusal(sessionAfter(...trio, disconnect("a"), disconnect("c")), beginCheckout("b"))).to.equal(
      "session.notEverybodyReady",
    )
  })

  it("has one payer: a second one is told who and since when, and the first may ask again", () => {
    expect(dataOf(...allReady, beginCheckout("b", 2000), beginCheckout("c", 3000))).to.deep.equal([
      "session.alreadyCheckingOut",
      { payer: "b", since: "1970-01-01T00:00:02.000Z" },
    ])
    expect(refusal(sessionAfter(...allReady, beginCheckout("b")), beginCheckout("b"))).to.equal(undefined)
  })

  it("keeps carts, flags and the host's choices as they are, and lets members come and go", () => {
    const session = sessionAfter(...allReady, beginCheckout("b", 2000))
    const refused = { payer: "b", since: "1970-01-01T00:00:02.000Z" }
    for (const command of [
      cart("a", bread),
      ready("c", false),
      ready("c"),
      lock("a"),
      unlock("a"),
      setDeadline("a", 10),
      { type: "setSplit", by: "a", split: "evenly" },
    ] as SessionCommand[]) {
      const error = refusalOf(session, command) as ResError
      expect([error.code, error.data], command.type).to.deep.equal(["session.checkingOut", refused])
    }
    expect(refusal(session, cart("a", structuredClone(milk)))).to.equal(undefined)
    for (const command of [join("d"), leave("c"), kick("a", "c"), disconnect("b")])
      expect(statusIn(laterThan(session, command)).phase, command.type).to.equal("checkingOut")
    const late = laterThan(session, join("d"), completeCheckout("b"))
    expect(statusIn(late).phase).to.equal("ordered")
  })

  it("is cancelled by the payer or the host, and then the carts are as locked as before", () => {
    const session = sessionAfter(...allReady, beginCheckout("b"))
    expect(refusal(session, cancelCheckout("c"))).to.equal("session.notPayer")
    expect(statusIn(laterThan(session, cancelCheckout("a")))).to.include({ phase: "shopping", payer: null })
    expect(phase(...allReady, lock("a"), beginCheckout("b"), cancelCheckout("b"))).to.equal("locked")
    expect(phase(...allReady, setDeadline("a", 10), beginCheckout("b"), tick(20), cancelCheckout("b"))).to.equal(
      "locked",
    )
    expect(refusal(sessionAfter(...allReady), cancelCheckout("b"))).to.equal("session.notCheckingOut")
  })

  it("ends when the payer is out, and goes on while the payer is only away, or when somebody else leaves", () => {
    const session = sessionAfter(...allReady, beginCheckout("b"))
    const phaseAfter = (...more: SessionCommand[]) => statusIn(laterThan(session, ...more)).phase
    expect(phaseAfter(leave("b"))).to.equal("shopping")
    expect(phaseAfter(kick("a", "b"))).to.equal("shopping")
    // Who pays may be on a page without the session.
    const payerAway = (ms: number): SessionCommand[] => [disconnect("b", 5000), expire(["b"], 5000 + ms)]
    expect(phaseAfter(...payerAway(15 * 60_000 - 1))).to.equal("checkingOut")
    expect(phaseAfter(...payerAway(15 * 60_000))).to.equal("shopping")
    expect(phaseAfter(...payerAway(60_000), resume("b", "other"), completeCheckout("b"))).to.equal("ordered")
    expect(phaseAfter(...payerAway(60_000), cancelCheckout("a"))).to.equal("shopping")
    expect(phaseAfter(disconnect("b"), resume("b", "other"))).to.equal("checkingOut")
    expect(phaseAfter(leave("a"))).to.equal("checkingOut")
  })

  it("keeps the carts of whoever is out as long as anybody is present, and passes an absent host's place on", () => {
    const allOut = expire(["a", "b", "c"], DAY_MS)
    const idsAfter = (...more: SessionCommand[]) =>
      sessionAfter(...allReady, beginCheckout("b"), ...more, allOut)?.members.map(({ id }) => id)
    expect(idsAfter(disconnect("c"))).to.deep.equal(["a", "b", "c"])
    expect(idsAfter(disconnect("c"), cancelCheckout("b"))).to.deep.equal(["a", "b"])
    expect(idsAfter(disconnect("b"))).to.deep.equal(["a", "c"])
    expect(idsAfter(completeCheckout("b"), disconnect("b"), disconnect("c"))).to.deep.equal(["a", "b", "c"])
    expect(idsAfter(completeCheckout("b"), disconnect("a"), disconnect("b"), disconnect("c"))).to.equal(undefined)
    const hostless = sessionAfter(...allReady, beginCheckout("b"), completeCheckout("b"), disconnect("a"), allOut)
    expect(hostless?.hostId).to.equal("b")
    expect(hostless?.members).to.have.length(3)
    expect(refusal(hostless, shopAgain("b"))).to.equal(undefined)
    expect(laterThan(hostless, resume("a"))?.hostId).to.equal("b")
  })

  it("of a payer whom an earlier release has let go is over when it is read from the store", () => {
    const session = sessionAfter(...allReady, beginCheckout("b"))
    if (session === undefined) throw new Error("no session")
    const left = { ...session, members: session.members.filter(({ id }) => id !== "b") }
    expect(statusIn(mended(left)).phase).to.equal("shopping")
    expect(mended(session)).to.equal(session)
  })

  it("is completed by the payer, once; afterwards the carts are kept, also when the payer leaves", () => {
    const session = sessionAfter(...allReady, beginCheckout("b", 2000))
    expect(refusal(session, completeCheckout("a"))).to.equal("session.notPayer")
    expect(refusal(sessionAfter(...allReady), completeCheckout("b"))).to.equal("session.notCheckingOut")
    const ordered = laterThan(session, completeCheckout("b", 3000, "No. 7"))
    expect(statusIn(ordered)).to.include({
      phase: "ordered",
      payer: "b",
      ordered_at: "1970-01-01T00:00:03.000Z",
      order_ref: "No. 7",
    })
    for (const command of [cart("a", bread), ready("c", false), lock("a"), beginCheckout("b"), completeCheckout("b")])
      expect(refusal(ordered, command), command.type).to.equal("session.ordered")
    expect(refusal(ordered, cancelCheckout("b"))).to.equal("session.ordered")
    const later = laterThan(ordered, leave("b"))
    expect(statusIn(later)).to.include({ phase: "ordered", payer: "b" })
    expect(later?.members.map(({ content }) => content)).to.deep.equal([milk, {}])
  })

  it("is followed by more shopping when the host says so: with the carts as they are, and nobody ready", () => {
    const ordered = [...allReady, setDeadline("a", 10), lock("a"), beginCheckout("b"), completeCheckout("b")]
    expect(refusal(sessionAfter(...ordered), shopAgain("b"))).to.equal("session.notHost")
    expect(refusal(sessionAfter(...allReady), shopAgain("a"))).to.equal("session.notOrdered")
    const again = sessionAfter(...ordered, tick(20), shopAgain("a"))
    expect(statusIn(again)).to.include({ phase: "shopping", payer: null, deadline: null, everybody_ready: false })
    expect(again?.members.map((member) => [member.ready, member.content])).to.deep.equal([
      [false, milk],
      [false, bread],
      [false, {}],
    ])
    expect(refusal(again, cart("b", milk))).to.equal(undefined)
  })
})

describe("the totals of a session", () => {
  const shares = (session: Session | undefined, currency: string | null = null) =>
    statusOf(session, 1, currency).totals?.members.map(({ customer, cart: amount, share }) => [customer, amount, share])

  it("are those of all carts, the host's first, split as the host says", () => {
    const session = sessionAfter(...trio)
    expect(statusOf(undefined, 1, null).totals).to.equal(null)
    expect(shares(session)).to.deep.equal([
      ["a", 2.2, 2.2],
      ["b", 3.2, 3.2],
      ["c", 0, 0],
    ])
    const evenly = laterThan(session, { type: "setSplit", by: "a", split: "evenly" })
    expect(shares(evenly)).to.deep.equal([
      ["a", 2.2, 1.8],
      ["b", 3.2, 1.8],
      ["c", 0, 1.8],
    ])
    expect(statusOf(evenly, 1, "JPY").totals).to.deep.include({ currency: "JPY", decimals: 0, total: 5, rounding: 2 })
    expect(shares(laterThan(evenly, leave("a")))).to.deep.equal([
      ["b", 3.2, 1.6],
      ["c", 0, 1.6],
    ])
  })

  it("are those of whoever was a member when the checkout began", () => {
    const session = sessionAfter(
      ...allReady,
      { type: "setSplit", by: "a", split: "evenly" },
      beginCheckout("b"),
      join("d"),
    )
    expect(shares(session)?.map(([customer]) => customer)).to.deep.equal(["a", "b", "c"])
    expect(shares(laterThan(session, completeCheckout("b"), join("e")))).to.have.length(3)
    expect(shares(laterThan(session, cancelCheckout("b")))).to.have.length(4)
  })

  it("are in the currency of the shop that was named first, at a start", () => {
    const shopOf = (...commands: SessionCommand[]) => statusIn(sessionAfter(...commands)).shop_id
    const startIn = (id: string, shopId: string): SessionCommand => ({ type: "start", newcomer: newcomer(id), shopId })
    expect(shopOf(start("a"))).to.equal(null)
    expect(shopOf(startIn("a", "one"))).to.equal("one")
    expect(shopOf(startIn("a", "one"), disconnect("a"), startIn("b", "two"))).to.equal("one")
    expect(shopOf(start("a"), disconnect("a"), startIn("b", "two"))).to.equal("two")
  })
})
