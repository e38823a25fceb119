import { expect } from "chai"
import fc from "fast-check"
import { ResError } from "res-service"
import { versionOf } from "../../../../service/session/cart-content.ts"
import { mended } from "../../../../service/session/mend.ts"
import { isEverybodyReady } from "../../../../service/session/ready.ts"
import type { Session } from "../../../../service/session/session.ts"
import {
  cart,
  disconnect,
  join,
  laterThan,
  leave,
  ready,
  refusal,
  refusalOf,
  sessionAfter,
  sign,
  start,
  wish,
} from "../../../helpers/session-commands.ts"

const bread = { items: [{ quantity: 1, product: { name: "Rye Bread", price: 3.2 } }] }
const milk = { items: [{ quantity: 2, product: { name: "Milk", price: 1.1 } }] }

/** Who is ready, as `a b`. */
const readyIn = (session: Session | undefined): string =>
  session?.members.flatMap((member) => (member.ready ? [member.id] : [])).join(" ") ?? ""

/** Shuffles the members of all objects. */
const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, each]) => [key, reversed(each)]),
  )
}

describe("the version of a cart", () => {
  it("[property] is the same for carts that are equal as JSON, also after they were stored, and only for them", () => {
    fc.assert(
      fc.property(fc.object(), fc.object(), (a, b) => {
        const stored = JSON.parse(JSON.stringify(a)) as object
        expect(versionOf(stored)).to.equal(versionOf(JSON.parse(JSON.stringify(reversed(stored))) as object))
        expect(versionOf(a)).to.equal(versionOf(stored))
        const isSame = JSON.stringify(canonical(a)) === JSON.stringify(canonical(b))
        expect(versionOf(a) === versionOf(b)).to.equal(isSame)
      }),
    )
    expect(versionOf({})).to.match(/^[\w-]{16}$/)
  })
})

describe("ready", () => {
  const both = [start("a"), join("b"), cart("a", milk), cart("b", bread)]

  it("is signed for the version of a cart that the member has seen: of another one it is told what is there now", () => {
    const session = sessionAfter(...both)
    expect(refusal(session, sign("b", bread))).to.equal(undefined)
    const error = refusalOf(session, sign("b", milk)) as ResError
    expect(error).to.be.instanceOf(ResError).and.include({ code: "session.cartChanged" })
    expect(error.data).to.deep.equal({ version: versionOf(bread), content: bread })
    expect(laterThan(session, sign("b", bread))?.members[1]?.readyFor).to.equal(versionOf(bread))
  })

  it("needs something in the cart, except of old clients, which name no version", () => {
    const session = sessionAfter(start("a"), join("b"), join("c"), cart("c", { items: [] }))
    expect(refusal(session, sign("b", {}))).to.equal("session.cartEmpty")
    expect(refusal(session, sign("c", { items: [] }))).to.equal("session.cartEmpty")
    expect(refusal(session, ready("b"))).to.equal(undefined)
    expect(refusal(session, { type: "setReady", id: "b", ready: false, keepWish: false, version: "?" })).to.equal(
      undefined,
    )
  })

  it("ends with a change of that cart, and with it the host's, who can be ready only with all guests", () => {
    const session = sessionAfter(...both, sign("b", bread), sign("a", milk))
    expect(readyIn(session)).to.equal("a b")
    expect(readyIn(laterThan(session, cart("b", milk)))).to.equal("")
    expect(readyIn(laterThan(session, cart("a", bread)))).to.equal("b")
    expect(readyIn(laterThan(session, cart("b", reversed(bread) as object)))).to.equal("a b")
    expect(readyIn(sessionAfter(...both, ready("b"), cart("b", milk)))).to.equal("")
  })

  it("of an old host that wished for it ends with a change of the host's cart, too; a wish before that goes on", () => {
    const wished = sessionAfter(...both, wish("a"), ready("b"))
    expect(readyIn(wished)).to.equal("a b")
    expect(readyIn(laterThan(wished, cart("a", bread)))).to.equal("b")
    expect(readyIn(sessionAfter(...both, wish("a"), cart("a", bread), ready("b")))).to.equal("a b")
  })

  it("of everybody means several members who are present, and all of them", () => {
    const everybody = (...more: Parameters<typeof sessionAfter>) => isEverybodyReady(sessionAfter(...both, ...more))
    expect(isEverybodyReady(undefined)).to.equal(false)
    expect(everybody()).to.equal(false)
    expect(everybody(ready("b"), ready("a"))).to.equal(true)
    expect(everybody(ready("b"), ready("a"), join("c"))).to.equal(false)
    expect(everybody(join("c"), disconnect("c"), ready("b"), ready("a"))).to.equal(true)
    expect(everybody(leave("b"), ready("a"))).to.equal(false)
    expect(everybody(ready("b"), ready("a"), disconnect("b"))).to.equal(false)
  })

  it("is read from the store only for the cart that is stored: the service may have stopped before the flag was", () => {
    const session = sessionAfter(...both, join("c"), ready("b"), ready("c"), ready("a"))
    if (session === undefined) throw new Error("no session")
    expect(mended(session)).to.equal(session)
    const [a, b, c] = session.members
    if (a === undefined || b === undefined || c === undefined) throw new Error("no members")
    const half = { ...session, members: [a, { ...b, content: milk }, c] }
    expect(readyIn(mended(half))).to.equal("c")
    // An earlier release has stored no versions.
    const old = { ...half, members: half.members.map(({ readyFor: _, ...member }) => member) }
    expect(mended(old)).to.equal(old)
    expect(readyIn(old)).to.equal("a b c")
  })
})

/** In the order of their names, by another way than the service's. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== "object" || value === null) return value
  const sorted = Object.keys(value).sort()
  return sorted.flatMap((key) => {
    const each: unknown = Reflect.get(value, key)
    return each === undefined ? [] : [[key, canonical(each)]]
  })
}
