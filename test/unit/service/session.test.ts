import { expect } from "chai"
import fc from "fast-check"
import { ResError } from "res-service"
import { itemsOf } from "../../../contract/line-ids.ts"
import { MEMBER_COLOURS } from "../../../contract/session-members.ts"
import { versionOf } from "../../../service/session/cart-content.ts"
import type { SessionCommand } from "../../../service/session/command.ts"
import { decide } from "../../../service/session/decide.ts"
import { MAX_MEMBERS } from "../../../service/session/entry.ts"
import { encodeInvite, newInviteKey } from "../../../service/session/invite.ts"
import { linesOf } from "../../../service/session/lines.ts"
import { memberModels } from "../../../service/session/member-models.ts"
import { presentMembers } from "../../../service/session/multicart.ts"
import { MAX_OFFERS, MAX_OFFERS_BY_MEMBER, OFFER_MS } from "../../../service/session/offers.ts"
import { evolve, isShownTo, type Session, type SessionEvent } from "../../../service/session/session.ts"
import { MAX_SHOP_MEMBERS, shopCid } from "../../../service/session/shop-member.ts"
import { phaseOf } from "../../../service/session/status.ts"
import {
  back,
  disconnect,
  expire,
  join,
  leave,
  link,
  lose,
  newcomer,
  ready,
  refusal,
  resume,
  sessionAfter,
  start,
  wish,
} from "../../helpers/session-commands.ts"

const ids = (session: Session | undefined): string[] | undefined => session?.members.map(({ id }) => id)

const KEY = newInviteKey()
/** After any absence of a payer has lasted too long, in ms. */
const PAYER_OUT_AT = 24 * 60 * 60_000
const joinBy = (id: string, invite: string, at = 0): SessionCommand => ({
  type: "join",
  newcomer: { ...newcomer(id), invite, at },
})

describe("a session", () => {
  it("begins with a host, whose cart is empty and who is not ready", () => {
    const session = sessionAfter(start("a"))
    expect(session?.hostId).to.equal("a")
    expect(session?.members[0]).to.deep.include({ id: "a", name: "A", ready: false, content: {}, cid: "conn-a" })
  })

  it("refuses a second host while the first is there, and gives the place of one who is away to the next", () => {
    const session = sessionAfter(start("a"), join("b"))
    expect(refusal(session, start("c"))).to.equal("session.hostPresent")
    const again = sessionAfter(start("a"), join("b"), disconnect("a"), start("c"))
    expect([again?.hostId, ids(again)]).to.deep.equal(["c", ["b", "c"]])
  })

  it("lets nobody join before the start, or when it is full", () => {
    expect(refusal(undefined, join("a"))).to.equal("session.notStarted")
    const guests = Array.from({ length: MAX_MEMBERS - 1 }, (_, i) => join(`g${i}`))
    expect(refusal(sessionAfter(start("a"), ...guests), join("late"))).to.equal("session.full")
  })

  it("lets the host be ready only when every guest is who is there", () => {
    const session = sessionAfter(start("a"), join("b"), join("c"), ready("b"))
    expect(refusal(session, ready("a"))).to.equal("session.guestsNotReady")
    expect(refusal(sessionAfter(start("a"), join("b"), join("c"), ready("b"), disconnect("c")), ready("a"))).to.equal(
      undefined,
    )
  })

  it("takes the host's readiness back when a guest joins, comes back, or is not ready any more", () => {
    const allReady = [start("a"), join("b"), ready("b"), ready("a")]
    const hostReady = (...more: SessionCommand[]) => sessionAfter(...allReady, ...more)?.members[0]?.ready
    expect(hostReady()).to.equal(true)
    expect(hostReady(join("c"))).to.equal(false)
    expect(hostReady(ready("b", false))).to.equal(false)
    expect(hostReady(disconnect("b"))).to.equal(true)
    const returning = sessionAfter(start("a"), join("b"), disconnect("b"), ready("a"), resume("b"))
    expect(returning?.members[0]?.ready).to.equal(false)
  })

  it("keeps an early host's wish to be ready: it comes true with the last guest, whatever that guest does", () => {
    const wished = [start("a"), join("b"), join("c"), wish("a")]
    const hostReady = (...more: SessionCommand[]) => sessionAfter(...wished, ...more)?.members[0]?.ready
    expect(hostReady()).to.equal(false)
    expect(hostReady(ready("b"))).to.equal(false)
    expect(hostReady(ready("b"), ready("c"))).to.equal(true)
    expect(hostReady(ready("b"), leave("c"))).to.equal(true)
    expect(hostReady(ready("b"), disconnect("c"))).to.equal(true)
    expect(hostReady(ready("b"), { type: "kick", by: "a", id: "c" })).to.equal(true)
    expect(hostReady(ready("b"), ready("c"), join("d"))).to.equal(false)
    expect(hostReady(ready("b"), ready("c"), join("d"), ready("d"))).to.equal(true)
  })

  it("forgets the wish when the host takes it back, is away, or somebody else has its place", () => {
    const hostOf = (...more: SessionCommand[]) => {
      const session = sessionAfter(start("a"), join("b"), wish("a"), ...more)
      return session?.members.find(({ id }) => id === session.hostId)
    }
    expect(hostOf(wish("a", false), ready("b"))).to.include({ id: "a", ready: false })
    expect(hostOf(ready("a", false), ready("b"))).to.include({ id: "a", ready: false })
    expect(hostOf(disconnect("a"), ready("b"))).to.include({ id: "a", ready: false })
    expect(hostOf(disconnect("a"), resume("a"), ready("b"))).to.include({ id: "a", ready: false })
    expect(hostOf(disconnect("a"), start("c"), ready("b"))).to.include({ id: "c", ready: false })
    expect(hostOf(ready("b"), join("c"), leave("a"))).to.include({ id: "b", ready: false })
  })

  it("keeps the wish while the host is only silent: its page still shows it", () => {
    const hostReady = (...more: SessionCommand[]) =>
      sessionAfter(start("a"), join("b"), wish("a"), lose("a"), ...more)?.members[0]?.ready
    expect(hostReady(back("a"), ready("b"))).to.equal(true)
    expect(hostReady(resume("a", "another page"), ready("b"))).to.equal(false)
  })

  it("hides absent members who are not ready from old clients, until they come back", () => {
    const shown = (...more: SessionCommand[]) =>
      presentMembers(sessionAfter(start("a"), join("b"), join("c"), ready("c"), ...more)).map(({ id }) => id)
    const hide: SessionCommand = { type: "hide", ids: ["a", "b", "c"] }
    const away = [disconnect("b"), disconnect("c")]
    expect(shown(...away)).to.deep.equal(["a", "b", "c"])
    expect(shown(...away, { type: "hide", ids: ["a", "c"] })).to.deep.equal(["a", "b", "c"])
    expect(shown(...away, hide)).to.deep.equal(["a", "c"])
    expect(shown(...away, hide, resume("b"))).to.deep.equal(["a", "b", "c"])
    expect(shown(disconnect("a"), hide)).to.deep.equal(["b", "c"])
    const again: SessionCommand = { type: "join", newcomer: { ...newcomer("b2"), name: "B" } }
    expect(shown(disconnect("b"), again)).to.deep.equal(["a", "c", "b2"])
    expect(shown(again)).to.deep.equal(["a", "b", "c", "b2"])
  })

  it("passes the host's place to the guest who joined first and is there", () => {
    expect(sessionAfter(start("a"), join("b"), join("c"), leave("a"))?.hostId).to.equal("b")
    expect(sessionAfter(start("a"), join("b"), join("c"), disconnect("b"), leave("a"))?.hostId).to.equal("c")
    expect(sessionAfter(start("a"), leave("a"))).to.equal(undefined)
  })

  it("lets go of who is absent for too long, not of who came back", () => {
    const session = sessionAfter(start("a"), join("b"), join("c"), disconnect("a"), disconnect("b"), resume("b", "new"))
    const later = decide(session, expire(["a", "b", "c"])).reduce(evolve, session)
    expect([later?.hostId, ids(later)]).to.deep.equal(["b", ["b", "c"]])
    expect(decide(session, expire(["b", "c"]))).to.deep.equal([])
  })

  it("takes a member back whose connection was lost and is heard of again, and nobody whose connection is gone", () => {
    const cidOf = (...more: SessionCommand[]) => sessionAfter(start("a"), join("b"), ...more)?.members[1]?.cid
    expect(cidOf(lose("b"))).to.equal(undefined)
    expect(cidOf(lose("b"), back("b"))).to.equal("conn-b")
    expect(cidOf(disconnect("b"), back("b"))).to.equal(undefined)
    expect(cidOf(lose("b"), resume("b", "other"), back("b"))).to.equal("other")
    expect(ids(sessionAfter(start("a"), join("b"), lose("b"), join("c", "conn-b")))).to.deep.equal(["a", "c"])
    expect(refusal(sessionAfter(start("a"), lose("a")), join("c", "conn-a"))).to.equal("session.notStarted")
    expect(ids(sessionAfter(start("a"), lose("a"), start("c", "conn-a")))).to.deep.equal(["c"])
  })

  it("lets only the host kick, and only who knows the token resume", () => {
    const session = sessionAfter(start("a"), join("b"))
    expect(refusal(session, { type: "kick", by: "b", id: "a" })).to.equal("session.notHost")
    expect(ids(sessionAfter(start("a"), join("b"), { type: "kick", by: "a", id: "b" }))).to.deep.equal(["a"])
    const guess: SessionCommand = { type: "resume", id: "a", resumeHash: "guess", cid: "x", at: 0 }
    expect(refusal(session, guess)).to.equal("session.wrongResumeToken")
    expect(refusal(session, resume("nobody"))).to.equal("session.notMember")
  })

  it("asks for an invitation once its host makes them, which expires and is used up", () => {
    expect(refusal(sessionAfter(start("a"), join("b")), { type: "invite", by: "b", key: KEY })).to.equal(
      "session.notHost",
    )
    const open = sessionAfter(start("a"), join("b"), { type: "invite", by: "a", key: KEY })
    const invite = encodeInvite(KEY, { id: "x", expiresAt: 100, maxUses: 2 })
    expect(refusal(open, join("c"))).to.equal("session.inviteNeeded")
    const foreign = encodeInvite(newInviteKey(), { id: "x", expiresAt: 100, maxUses: 2 })
    const [text] = encodeInvite(KEY, { id: "x", expiresAt: 9999, maxUses: 99 }).split(".")
    for (const forged of [foreign, `${text}.${invite.split(".")[1]}`, `${text}.`, "", "a.b", "..", "x".repeat(500)]) {
      expect(refusal(open, joinBy("c", forged))).to.equal("session.inviteNeeded")
    }
    expect(refusal(open, joinBy("c", invite, 100))).to.equal("session.inviteExpired")
    const used = [joinBy("c", invite), joinBy("d", invite)].reduce(
      (session, command) => decide(session, command).reduce(evolve, session),
      open,
    )
    expect(ids(used)).to.deep.equal(["a", "b", "c", "d"])
    expect(refusal(used, joinBy("e", invite))).to.equal("session.inviteUsedUp")
    expect(refusal(used, joinBy("e", encodeInvite(KEY, { id: "y", expiresAt: 100, maxUses: 1 })))).to.equal(undefined)
  })

  it("gives an absent host's place to nobody without an invitation, once there are any", () => {
    const session = sessionAfter(start("a"), join("b"), { type: "invite", by: "a", key: KEY }, disconnect("a"))
    expect(refusal(session, start("c"))).to.equal("session.inviteNeeded")
    expect(refusal(session, resume("a"))).to.equal(undefined)
  })

  it("is shown to anybody while it is open, and to the connections of its members once it is closed", () => {
    const cids = ["conn-a", "conn-b", "moved", "conn-c", "stranger"]
    const shownTo = (...more: SessionCommand[]) => {
      const session = sessionAfter(start("a"), join("b"), join("c"), ...more)
      return cids.filter((cid) => isShownTo(session, cid))
    }
    const close: SessionCommand = { type: "invite", by: "a", key: KEY }
    expect(shownTo()).to.deep.equal(cids)
    expect(shownTo(close)).to.deep.equal(["conn-a", "conn-b", "conn-c"])
    expect(shownTo(close, leave("c"))).to.deep.equal(["conn-a", "conn-b"])
    expect(shownTo(close, disconnect("c"))).to.deep.equal(["conn-a", "conn-b"])
    expect(shownTo(close, lose("c"))).to.deep.equal(["conn-a", "conn-b", "conn-c"])
    expect(shownTo(close, resume("b", "moved"))).to.deep.equal(["conn-a", "conn-b", "moved", "conn-c"])
    expect(shownTo(close, resume("b", "moved"), leave("b"))).to.deep.equal(["conn-a", "conn-c"])
    const often = Array.from({ length: 20 }, (_, i) => resume("b", `moved-${i}`))
    expect(sessionAfter(start("a"), join("b"), ...often)?.members[1]?.views).to.have.length(5)
  })

  it("keeps count of the invitations that still let somebody in only", () => {
    const first = encodeInvite(KEY, { id: "x", expiresAt: 10, maxUses: 9 })
    const second = encodeInvite(KEY, { id: "y", expiresAt: 100, maxUses: 9 })
    const key: SessionCommand = { type: "invite", by: "a", key: KEY }
    const session = sessionAfter(start("a"), key, joinBy("b", first), joinBy("c", second, 20), joinBy("d", second, 30))
    expect(session?.invites?.used).to.deep.equal([{ id: "y", uses: 2, expiresAt: 100 }])
  })

  it("replaces a connection's first customer at its second start or join", () => {
    const guest = sessionAfter(start("a"), join("b"), join("b2", "conn-b"))
    expect(ids(guest)).to.deep.equal(["a", "b2"])
    const host = sessionAfter(start("a"), join("b"), start("a2", "conn-a"))
    expect([host?.hostId, ids(host)]).to.deep.equal(["a2", ["b", "a2"]])
    expect(refusal(sessionAfter(start("a")), join("a2", "conn-a"))).to.equal("session.notStarted")
  })

  describe("with members in the shop", () => {
    const basket = (session_id: string, shop_id = "x") => ({ shop_id, session_id })
    const one = basket("1")

    it("has each basket as one member's cart, who comes back with it", () => {
      const session = sessionAfter(start("a"), link("s", one), link("again", one))
      expect(ids(session)).to.deep.equal(["a", "s"])
      expect(session?.members[1]).to.deep.include({ name: "S", basket: one, ready: false })
      const cid = shopCid(one)
      const away = sessionAfter(start("a"), link("s", one), { type: "lose", cid, at: 0 })
      expect(away?.members[1]?.cid).to.equal(undefined)
      expect(decide(away, link("again", one)).reduce(evolve, away)?.members[1]?.cid).to.equal(cid)
    })

    it("needs somebody in the session, an invitation to a closed one, and one shop for all", () => {
      expect(refusal(undefined, link("s", one))).to.equal("session.notStarted")
      const session = sessionAfter(start("a"), link("s", one), { type: "invite", by: "a", key: KEY })
      expect(refusal(session, link("t", basket("2", "other")))).to.equal("session.otherShop")
      const ofShop: SessionCommand = { type: "start", newcomer: newcomer("a"), shopId: "x" }
      expect(refusal(sessionAfter(ofShop), link("t", basket("2", "other")))).to.equal("session.otherShop")
      expect(refusal(sessionAfter(ofShop), link("s", one))).to.equal(undefined)
      expect(refusal(session, link("t", basket("2")))).to.equal("session.inviteNeeded")
      const invite = encodeInvite(KEY, { id: "x", expiresAt: 100, maxUses: 1 })
      const invited = decide(session, link("t", basket("2"), invite)).reduce(evolve, session)
      expect(ids(invited)).to.deep.equal(["a", "s", "t"])
      expect(refusal(invited, link("s", one)), "who is a member needs none").to.equal(undefined)
    })

    it("is full with 20 of them", () => {
      const links = Array.from({ length: MAX_SHOP_MEMBERS }, (_, i) => link(`s${i}`, basket(`${i}`)))
      const session = sessionAfter(start("a"), ...links)
      expect(refusal(session, link("s", basket("more")))).to.equal("session.full")
      expect(refusal(session, join("b"))).to.equal(undefined)
    })

    it("keeps out whom the host has removed, until the shopper has another basket", () => {
      const kick: SessionCommand = { type: "kick", by: "a", id: "s" }
      const session = sessionAfter(start("a"), link("s", one), kick)
      expect(refusal(session, link("s", one))).to.equal("session.removedByHost")
      expect(refusal(session, link("s", basket("2")))).to.equal(undefined)
      expect(refusal(sessionAfter(start("a"), link("s", one), leave("s")), link("s", one))).to.equal(undefined)
    })

    it("has a host online while anybody is, and lets a friend start or join when only they are left", () => {
      const left = sessionAfter(start("a"), link("s", one), join("b"), leave("a"))
      expect(left?.hostId).to.equal("b")
      const alone = sessionAfter(start("a"), link("s", one), leave("a"))
      expect([alone?.hostId, ids(alone)]).to.deep.equal(["s", ["s"]])
      for (const enter of [start("b"), join("b")]) {
        const after = decide(alone, enter).reduce(evolve, alone)
        expect([after?.hostId, ids(after)]).to.deep.equal(["b", ["s", "b"]])
      }
    })
  })

  it("[property] keeps its rules through any commands, and replays to the same", () => {
    const id = fc.constantFrom("a", "b", "c", "d")
    const cid = fc.constantFrom("conn-a", "conn-b", "conn-c", "conn-d")
    let count = 0
    const fresh = cid.map((each) => newcomer(`n${count++}`, each))
    const baskets = ["x/1", "x/2", "y/3"].map((text) => text.split("/") as [string, string])
    const inShop = fc.constantFrom(...baskets).map(([shop_id, session_id]) => ({ shop_id, session_id }))
    const member = fc.nat(5)
    const at = fc.nat(1000)
    const knownCart = fc.constantFrom<object>({}, { items: [] }, { items: [1] }, { items: [2] })
    const knownLine = fc.constantFrom(...linesOf({ items: [{ a: 1 }, { a: 1 }, { a: 2 }] }).map(({ id: line }) => line))
    const command = fc.oneof(
      fc.record({ type: fc.constant("start"), newcomer: fresh }),
      fc.record({ type: fc.constant("join"), newcomer: fresh }),
      inShop.map((basket) => ({ type: "link" as const, basket, newcomer: newcomer(`s${count++}`, shopCid(basket)) })),
      fc.record({ type: fc.constant("updateCart"), member, content: fc.oneof(knownCart, fc.object()) }),
      fc.record({ type: fc.constant("setReady"), member, ready: fc.boolean(), keepWish: fc.boolean() }),
      fc.record({
        type: fc.constant("setReady"),
        member,
        ready: fc.constant(true),
        keepWish: fc.constant(false),
        version: knownCart.map(versionOf),
      }),
      fc.record({ type: fc.constant("resume"), member, cid, id, at }),
      fc.record({ type: fc.constant("setItem"), member, item: fc.constantFrom({ a: 1 }, { a: 2 }), line: knownLine }),
      fc.record({ type: fc.constant("removeItem"), member, line: knownLine }),
      fc.record({ type: fc.constant("disown"), member, line: knownLine, disowned: fc.boolean() }),
      fc.record({ type: fc.constant("offerItem"), by: member, member, item: fc.constantFrom({ a: 1 }, { a: 3 }), at }),
      fc.record({ type: fc.constant("askForLine"), by: member, member, line: knownLine, at }),
      fc.record({ type: fc.constant("answerOffer"), asked: fc.nat(20), accept: fc.boolean() }),
      fc.record({ type: fc.constant("nudge"), by: member, member, at }),
      fc.record({ type: fc.constant("setIdle"), member, idle: fc.boolean(), at }),
      fc.record({ type: fc.constant("leave"), member }),
      fc.record({ type: fc.constant("kick"), member, by: member }),
      fc.record({ type: fc.constantFrom("disconnect", "lose", "return"), cid, at }),
      fc.record({
        type: fc.constant("expire"),
        members: fc.array(member),
        at: fc.oneof(at, fc.constant(PAYER_OUT_AT)),
      }),
      fc.record({ type: fc.constant("hide"), members: fc.array(member) }),
      fc.record({ type: fc.constantFrom("lock", "unlock"), by: member, at }),
      fc.record({ type: fc.constant("setDeadline"), by: member, at, deadline: fc.option(at, { nil: undefined }) }),
      fc.record({ type: fc.constant("setSplit"), by: member, split: fc.constantFrom("byCart", "evenly") }),
      fc.record({ type: fc.constant("beginCheckout"), member, at }),
      fc.record({ type: fc.constantFrom("cancelCheckout", "completeCheckout", "shopAgain"), by: member, at }),
      fc.record({ type: fc.constant("tick"), at: fc.oneof(at, fc.constant(OFFER_MS + 500)) }),
    )
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (list) => {
        let session: Session | undefined
        const log: SessionEvent[] = []
        let most = 0
        for (const abstract of list) {
          const versionNow = (n: number) => versionOf(session?.members[n % session.members.length]?.content ?? {})
          const pick = (n: number) => session?.members[n % session.members.length]?.id ?? "nobody"
          // Nobody in the shop has a connection to say so.
          const online = session?.members.filter(({ basket }) => basket === undefined) ?? []
          const pickOnline = (n: number) => online[n % online.length]?.id ?? "nobody"
          const concrete = {
            ...abstract,
            ...("member" in abstract ? { id: pick(abstract.member), resumeHash: `hash-${pick(abstract.member)}` } : {}),
            ...("member" in abstract && (abstract.type === "setItem" || abstract.type === "removeItem")
              ? { version: versionNow(abstract.member) }
              : {}),
            ...("members" in abstract ? { ids: abstract.members.map(pick) } : {}),
            ...("by" in abstract ? { by: pickOnline(abstract.by) } : {}),
            ...("asked" in abstract ? answering(session, abstract.asked) : {}),
            ...(abstract.type === "offerItem" ? { id: pickOnline(abstract.by), to: pick(abstract.member) } : {}),
            ...(abstract.type === "nudge" ? { id: pickOnline(abstract.by), to: pick(abstract.member) } : {}),
            ...(abstract.type === "askForLine" ? { id: pickOnline(abstract.by), from: pick(abstract.member) } : {}),
          } as SessionCommand
          const before = session
          let happened: readonly SessionEvent[]
          try {
            happened = decide(before, concrete)
          } catch (error) {
            expect(error).to.be.instanceOf(ResError)
            continue
          }
          session = happened.reduce(evolve, before)
          log.push(...happened)
          checkRules(before, session, concrete)
          checkPhases(before, session, concrete)
          most = Math.max(most, session?.members.length ?? 0)
          checkOffers(before, session, concrete)
          checkMembers(before, session, concrete, most)
        }
        expect(log.reduce<Session | undefined>(evolve, undefined)).to.deep.equal(session)
      }),
      { numRuns: 500 },
    )
  })
})

function checkRules(before: Session | undefined, session: Session | undefined, command: SessionCommand): void {
  if (session === undefined) return
  const { members, hostId } = session
  expect(members.length).to.be.within(1, MAX_MEMBERS)
  expect(
    members.filter(({ id }) => id === hostId),
    "one host",
  ).to.have.length(1)
  const inShop = members.flatMap(({ basket }) => basket ?? [])
  expect(new Set(inShop.map(({ session_id }) => session_id)).size, "one member a basket").to.equal(inShop.length)
  expect(new Set(inShop.map(({ shop_id }) => shop_id)).size, "one shop").to.be.at.most(1)
  const isOnlineHere = members.some(({ cid, basket }) => cid !== undefined && basket === undefined)
  const inPlace = members.find(({ id }) => id === hostId)
  if (isOnlineHere) expect(inPlace?.basket, "a host online, if anybody is").to.equal(undefined)
  const cids = members.flatMap(({ cid }) => (cid === undefined ? [] : [cid]))
  const lost = members.flatMap(({ lostCid }) => lostCid ?? [])
  expect(new Set([...cids, ...lost]).size, "one customer a connection").to.equal(cids.length + lost.length)

  const host = members.find(({ id }) => id === hostId)
  const guests = members.filter(({ id, cid }) => id !== hostId && cid !== undefined)
  if (host?.ready)
    expect(
      guests.every(({ ready: isReady }) => isReady),
      "ready last",
    ).to.equal(true)

  if (host?.wantsReady) expect(host.ready, "a wish comes true").to.equal(guests.every(({ ready: isReady }) => isReady))

  const stayed = before?.members.filter(({ id }) => members.some((now) => now.id === id)) ?? []
  expect(
    members.slice(0, stayed.length).map(({ id }) => id),
    "order",
  ).to.deep.equal(stayed.map(({ id }) => id))
  for (const old of stayed) {
    const isCartCommand = ["updateCart", "setItem", "removeItem"].includes(command.type)
    if (isCartCommand && "id" in command && command.id === old.id) continue
    if (partiesTo(before, command).includes(old.id)) continue
    expect(members.find(({ id }) => id === old.id)?.content, "somebody else's cart").to.equal(old.content)
  }
}

/** Whose carts a command between members may change. */
function partiesTo(before: Session | undefined, command: SessionCommand): readonly string[] {
  if (command.type === "askForLine") return [command.id, command.from]
  if (command.type !== "answerOffer" || !command.accept) return []
  const offer = before?.offers?.find(({ id }) => id === command.offer)
  return offer === undefined ? [] : offer.type === "add" ? [offer.to] : [offer.by, offer.to]
}

/** An answer to one of the offers, by whoever is asked. */
function answering(session: Session | undefined, n: number): { readonly id: string; readonly offer: string } {
  const { offers = [] } = session ?? {}
  const { id: offer = "none", to: id = "nobody" } = offers[n % offers.length] ?? {}
  return { id, offer }
}

function checkOffers(before: Session | undefined, session: Session | undefined, command: SessionCommand): void {
  const offers = session?.offers ?? []
  expect(offers.length).to.be.at.most(MAX_OFFERS)
  expect(new Set(offers.map(({ id }) => id)).size, "the same is asked once").to.equal(offers.length)
  const members = new Map(session?.members.map((member) => [member.id, member]))
  for (const { type, by, to, line = "", at } of offers) {
    expect(members.has(by) && members.get(to)?.basket === undefined && by !== to, "two members").to.equal(true)
    expect(offers.filter((offer) => offer.by === by).length).to.be.at.most(MAX_OFFERS_BY_MEMBER)
    if (type === "move") expect(linesOf(members.get(to)?.content ?? {}).map(({ id }) => id)).to.include(line)
    if (command.type === "tick") expect(at + OFFER_MS, "a time to answer").to.be.greaterThan(command.at)
  }
  if (command.type !== "askForLine" && command.type !== "answerOffer") return
  const [was, is] = [allItems(before), allItems(session)]
  const added = before?.offers?.find(
    ({ id }) => command.type === "answerOffer" && command.accept && id === command.offer,
  )
  expect(is, "no line is lost or doubled").to.deep.equal(
    added?.type === "add" ? [...was, JSON.stringify(added.item)].toSorted() : was,
  )
  if (command.type === "answerOffer") expect(offers.map(({ id }) => id)).to.not.include(command.offer)
}

function allItems(session: Session | undefined): readonly string[] {
  return (session?.members ?? [])
    .flatMap(({ content }) => itemsOf(content).map((item) => JSON.stringify(item)))
    .toSorted()
}

/** Presence, colours and initials. */
function checkMembers(
  before: Session | undefined,
  session: Session | undefined,
  command: SessionCommand,
  mostMembers: number,
): void {
  const models = memberModels(session)
  const colours = models.map(({ colour }) => colour)
  if (mostMembers <= MEMBER_COLOURS) expect(new Set(colours).size, "a colour each").to.equal(colours.length)
  expect(new Set(models.map(({ initials }) => initials)).size, "initials of its own").to.equal(models.length)
  const old = new Map(memberModels(before).map((model) => [model.id, model]))
  for (const { content, disowned = [] } of session?.members ?? [])
    expect(
      linesOf(content).map(({ id }) => id),
      "lines that are there",
    ).to.include.members([...disowned])
  for (const now of models) {
    const was = old.get(now.id)
    if (was === undefined) continue
    expect(now.colour, "its colour for good").to.equal(was.colour)
    if (now.presence === was.presence) expect(now.since, "since it is so").to.equal(was.since)
    else expect("at" in command && new Date(command.at).toISOString(), "since now").to.equal(now.since)
  }
}

/** Where each phase may lead, and by which commands beside those by which somebody is out. */
const transitions: Readonly<Record<string, readonly SessionCommand["type"][]>> = {
  "shopping locked": ["lock", "tick"],
  "shopping checkingOut": ["beginCheckout"],
  "locked shopping": ["unlock", "setDeadline"],
  "locked checkingOut": ["beginCheckout"],
  "checkingOut shopping": ["cancelCheckout"],
  "checkingOut locked": ["cancelCheckout"],
  "checkingOut ordered": ["completeCheckout"],
  "ordered shopping": ["shopAgain"],
}

function checkPhases(before: Session | undefined, session: Session | undefined, command: SessionCommand): void {
  if (session === undefined) return
  for (const { ready: isReady, readyFor, content } of session.members)
    expect(readyFor, "ready for the cart as it is").to.equal(isReady ? versionOf(content) : undefined)
  if (before === undefined) return
  const [from, to] = [phaseOf(before), phaseOf(session)]
  const someoneIsOut = before.members.some(({ id }) => !session.members.some((member) => member.id === id))
  if (from !== to && !(someoneIsOut && to !== "ordered"))
    expect(transitions[`${from} ${to}`], `${from} to ${to}`).to.include(command.type)

  const changed = before.members.filter(({ id, content }) => {
    const now = session.members.find((member) => member.id === id)
    return now !== undefined && versionOf(now.content) !== versionOf(content)
  })
  if (from !== "shopping") expect(changed, "carts that cannot be changed").to.deep.equal([])
  const isFrozen = (from === "checkingOut" || from === "ordered") && to === from
  for (const { id, ready: wasReady } of isFrozen ? before.members : []) {
    if (id === before.hostId || id === session.hostId) continue
    const now = session.members.find((member) => member.id === id)
    expect(now?.ready ?? wasReady, "a guest's flag during a checkout").to.equal(wasReady)
  }
  if (from !== "ordered" && to === "shopping")
    expect(session.members.some(({ id }) => id === session.checkout?.payer)).to.equal(false)
  if (to === "checkingOut")
    expect(
      session.members.map(({ id }) => id),
      "the payer is a member",
    ).to.include(session.checkout?.payer)
  if (command.type === "expire" && from !== "shopping" && from !== "locked")
    for (const { id } of before.members.filter((member) => !session.members.some((now) => now.id === member.id)))
      expect([from, id], "only the payer is out during a checkout").to.deep.equal([
        "checkingOut",
        before.checkout?.payer,
      ])
  if (before.hostId !== session.hostId)
    expect([session.lock, session.deadline], "what ends with its host").to.deep.equal([undefined, undefined])
}
