import { expect } from "chai"
import type { SessionCommand } from "../../../../service/session/command.ts"
import { decide } from "../../../../service/session/decide.ts"
import { linesOf } from "../../../../service/session/lines.ts"
import { mended } from "../../../../service/session/mend.ts"
import { MAX_OFFERED_BYTES, MAX_OFFERS_BY_MEMBER, OFFER_MS } from "../../../../service/session/offers.ts"
import type { Session } from "../../../../service/session/session.ts"
import { cartsSet } from "../../../../service/session/session-store.ts"
import { statusOf } from "../../../../service/session/status.ts"
import { dueAt } from "../../../../service/session/tick.ts"
import {
  beginCheckout,
  cart,
  completeCheckout,
  join,
  laterThan,
  leave,
  link,
  lock,
  ready,
  refusal,
  sessionAfter,
  start,
  tick,
} from "../../../helpers/session-commands.ts"

const tea = { quantity: 1, product: { id: 1, name: "Tea", price: 4 } }
const bread = { quantity: 2, product: { id: 2, name: "Rye Bread", price: 3 } }
const [teaLine = "", breadLine = ""] = linesOf({ items: [tea, bread] }).map(({ id }) => id)

const offerItem = (id: string, to: string, item: object = tea, at = 0): SessionCommand => ({
  type: "offerItem",
  id,
  to,
  item,
  at,
})
const ask = (id: string, from: string, line = breadLine, at = 0): SessionCommand => ({
  type: "askForLine",
  id,
  from,
  line,
  at,
})
const disown = (id: string, line = breadLine): SessionCommand => ({ type: "disown", id, line, disowned: true })
const answer = (session: Session | undefined, id: string, accept: boolean): SessionCommand => ({
  type: "answerOffer",
  id,
  offer: session?.offers?.[0]?.id ?? "",
  accept,
})

describe("offers", () => {
  const session = sessionAfter(start("a"), join("b"), join("c"), cart("b", { coupon: "X", items: [tea, bread] }))
  const items = (of: Session | undefined) =>
    Object.fromEntries((of?.members ?? []).map(({ id, content }) => [id, linesOf(content).map(({ item }) => item)]))
  const offersOf = (of: Session | undefined) => statusOf(of, 1, null).offers

  it("add the host's item to a friend's cart when the friend agrees, and nothing when it does not", () => {
    const offered = laterThan(session, offerItem("a", "b"))
    const id = offered?.offers?.[0]?.id
    const shown = { id, type: "add", by: "a", to: "b", item: tea, line: null, at: "1970-01-01T00:00:00.000Z" }
    expect(offersOf(offered)).to.deep.equal([shown])
    expect(items(offered)).to.deep.equal(items(session))
    const accepted = laterThan(offered, answer(offered, "b", true))
    expect(accepted?.members[1]?.content).to.deep.equal({ coupon: "X", items: [tea, bread, tea] })
    expect(offersOf(accepted)).to.deep.equal([])
    const declined = laterThan(offered, answer(offered, "b", false))
    expect([items(declined), offersOf(declined)]).to.deep.equal([items(session), []])
    expect(refusal(session, offerItem("b", "c"))).to.equal("session.notHost")
  })

  it("move a line to whoever has asked when its owner agrees, or at once when it is disowned", () => {
    const asked = laterThan(session, ask("c", "b"))
    expect(offersOf(asked)[0]).to.deep.include({ type: "move", by: "c", to: "b", item: bread, line: breadLine })
    const moved = { a: [], b: [tea], c: [bread] }
    const given = laterThan(asked, answer(asked, "b", true))
    expect([items(given), offersOf(given)]).to.deep.equal([moved, []])
    const disowned = laterThan(session, disown("b"), ask("c", "b"))
    expect([items(disowned), offersOf(disowned)]).to.deep.equal([moved, []])
    expect(statusOf(laterThan(session, disown("b")), 1, null).disowned).to.deep.equal([
      { customer: "b", line: breadLine },
    ])
    expect(statusOf(disowned, 1, null).disowned).to.deep.equal([])
    const again = laterThan(session, cart("b", { items: [bread, bread] }), disown("b"), ask("c", "b"))
    expect([items(again).b, again?.members[1]?.disowned], "the other one is not disowned").to.deep.equal([[bread], []])
  })

  it("are answered by nobody but the member who is asked, once", () => {
    const asked = laterThan(session, ask("c", "b"))
    for (const id of ["a", "c"]) expect(refusal(asked, answer(asked, id, true))).to.equal("session.noSuchOffer")
    const given = laterThan(asked, answer(asked, "b", true))
    expect(refusal(given, answer(asked, "b", true))).to.equal("session.noSuchOffer")
  })

  it("ask another member who is online, for a line that is there and an item that is not too large", () => {
    const withShop = laterThan(session, link("s", { shop_id: "x", session_id: "1" }), cart("s", { items: [tea] }))
    const refusals = [offerItem("a", "a"), offerItem("a", "s"), ask("b", "b"), ask("a", "s", teaLine)]
    for (const command of refusals) expect(refusal(withShop, command)).to.equal("session.cannotAnswer")
    expect(refusal(session, ask("c", "b", "none"))).to.equal("session.noSuchLine")
    expect(refusal(session, offerItem("a", "nobody"))).to.equal("session.notMember")
    const large = { text: "x".repeat(MAX_OFFERED_BYTES) }
    expect(refusal(session, offerItem("a", "b", large))).to.equal("session.itemTooLarge")
  })

  it("are made once, five by a member, and end with the members, the line, and ten minutes", () => {
    expect(offersOf(laterThan(session, ask("c", "b"), ask("c", "b")))).to.have.length(1)
    const five = Array.from({ length: MAX_OFFERS_BY_MEMBER }, (_, size) => offerItem("a", "b", { size }, size))
    const full = laterThan(session, ...five)
    expect(refusal(full, offerItem("a", "c"))).to.equal("session.tooManyOffers")
    expect(refusal(full, five[0] as SessionCommand)).to.equal(undefined)
    for (const id of ["a", "b"]) expect(offersOf(laterThan(full, leave(id)))).to.deep.equal([])
    const asked = laterThan(session, ask("c", "b"))
    expect(offersOf(laterThan(asked, cart("b", { items: [tea] })))).to.deep.equal([])
    expect(offersOf(laterThan(asked, cart("b", { items: [bread] })))).to.have.length(1)
    expect(dueAt(full)).to.equal(OFFER_MS)
    expect(offersOf(laterThan(full, tick(OFFER_MS + 1)))).to.have.length(MAX_OFFERS_BY_MEMBER - 2)
    expect(dueAt(laterThan(full, tick(OFFER_MS + 9)))).to.equal(undefined)
  })

  it("are neither made nor accepted while carts are locked, paid or ordered, and are declined at any time", () => {
    const both = laterThan(session, ask("c", "b"), cart("a", { items: [tea] }), cart("c", { items: [tea] }))
    const locked = laterThan(both, lock("a"))
    const paid = laterThan(both, ready("b"), ready("c"), ready("a"), beginCheckout("c"))
    const phases = { locked, checkingOut: paid, ordered: laterThan(paid, completeCheckout("c")) }
    for (const [phase, now] of Object.entries(phases)) {
      for (const command of [offerItem("a", "b"), ask("a", "b"), answer(now, "b", true)])
        expect(refusal(now, command)).to.equal(`session.${phase}`)
      expect(offersOf(laterThan(now, answer(now, "b", false)))).to.deep.equal([])
    }
  })

  it("end the readiness of both members, whose carts change", () => {
    const asked = laterThan(session, cart("c", { items: [tea] }), ask("c", "b"), ready("b"), ready("c"))
    const given = laterThan(asked, answer(asked, "b", true))
    expect(given?.members.map(({ ready: isReady }) => isReady)).to.deep.equal([false, false, false])
  })

  it("lose no line when the service stops while a move is stored: the cart that gets it is stored first", () => {
    const asked = laterThan(session, ask("c", "b")) as Session
    const events = decide(asked, answer(asked, "b", true))
    expect(cartsSet(events)).to.deep.equal(["c", "b"])
    const given = laterThan(asked, answer(asked, "b", true)) as Session
    const stored = (...written: string[]) =>
      mended({
        ...asked,
        members: asked.members.map((member) => ({
          ...member,
          content: given.members.find(({ id }) => written.includes(id) && id === member.id)?.content ?? member.content,
        })),
      })
    expect(items(stored("c"))).to.deep.equal({ a: [], b: [tea, bread], c: [bread] })
    expect(offersOf(stored("c"))).to.have.length(1)
    expect([items(stored("c", "b")), offersOf(stored("c", "b"))]).to.deep.equal([{ a: [], b: [tea], c: [bread] }, []])
  })
})
