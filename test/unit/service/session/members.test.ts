import { expect } from "chai"
import fc from "fast-check"
import { MEMBER_COLOURS } from "../../../../contract/session-members.ts"
import { freeColour } from "../../../../service/session/colours.ts"
import type { SessionCommand } from "../../../../service/session/command.ts"
import { initialsOf } from "../../../../service/session/initials.ts"
import { memberModels } from "../../../../service/session/member-models.ts"
import { completed } from "../../../../service/session/stored-member.ts"
import {
  back,
  disconnect,
  join,
  lose,
  newcomer,
  resume,
  sessionAfter,
  setIdle,
  start,
} from "../../../helpers/session-commands.ts"

const presenceOfB = (...more: SessionCommand[]) => {
  const [, b] = memberModels(sessionAfter(start("a"), join("b"), ...more))
  return `${b?.presence} since ${Date.parse(b?.since ?? "")}`
}

describe("members", () => {
  it("are here, idle or away, and since when", () => {
    expect(presenceOfB()).to.equal("here since 0")
    expect(presenceOfB(setIdle("b", true, 5))).to.equal("idle since 5")
    expect(presenceOfB(setIdle("b", true, 5), setIdle("b", true, 6))).to.equal("idle since 5")
    expect(presenceOfB(setIdle("b", true, 5), setIdle("b", false, 6))).to.equal("here since 6")
    expect(presenceOfB(disconnect("b", 7))).to.equal("away since 7")
    expect(presenceOfB(disconnect("b", 7), resume("b", "new", 8))).to.equal("here since 8")
    expect(presenceOfB(lose("b", 7), back("b", 9))).to.equal("here since 9")
  })

  it("are away since they left, whatever another page says of them meanwhile", () => {
    expect(presenceOfB(disconnect("b", 7), setIdle("b", true, 9))).to.equal("away since 7")
  })

  it("are still idle when their silent page is heard again, and not on another page", () => {
    expect(presenceOfB(setIdle("b", true, 5), lose("b", 7), back("b", 9))).to.equal("idle since 9")
    expect(presenceOfB(setIdle("b", true, 5), resume("b", "new", 8))).to.equal("here since 8")
    expect(presenceOfB(resume("b", "new", 8))).to.equal("here since 0")
  })

  it("are listed as the multicart, the host first, with their client and the version of their cart", () => {
    const host: SessionCommand = { type: "start", newcomer: { ...newcomer("c"), client: "widget" } }
    const models = memberModels(sessionAfter(start("a"), join("b"), disconnect("a"), host))
    expect(models.map(({ id, is_host, client }) => ({ id, is_host, client }))).to.deep.equal([
      { id: "c", is_host: true, client: "widget" },
      { id: "b", is_host: false, client: "other" },
    ])
    expect(models[0]?.version).to.match(/^[\w-]{16}$/)
    expect(memberModels(undefined)).to.deep.equal([])
  })

  it("have a colour that the fewest have, and a reloaded host has its own again", () => {
    expect(freeColour([{ colour: 0 }, { colour: 2 }])).to.equal(1)
    const all = Array.from({ length: MEMBER_COLOURS }, (_, colour) => ({ colour }))
    expect(freeColour(all)).to.equal(0)
    expect(freeColour([...all, { colour: 0 }, { colour: 1 }])).to.equal(2)
    const again = sessionAfter(start("a"), join("b"), disconnect("a"), start("c"))
    expect(memberModels(again).map(({ id, colour }) => `${id} ${colour}`)).to.deep.equal(["c 0", "b 1"])
  })

  it("that an earlier release has stored get what it did not store: different colours, no since", () => {
    const old = { id: "a", name: "A", ready: false, cid: "c", resumeHash: "" }
    expect(
      completed([old, { ...old, id: "b", colour: 0, since: 5, client: "widget" }, { ...old, id: "c" }]),
    ).to.deep.equal([
      { ...old, client: "other", colour: 1, since: undefined },
      { ...old, id: "b", client: "widget", colour: 0, since: 5 },
      { ...old, id: "c", client: "other", colour: 2, since: undefined },
    ])
  })
})

describe("initialsOf()", () => {
  it("takes the first and the last word, as people write them", () => {
    const names = [
      "Ann",
      "bob marley",
      "Jean-Luc Picard",
      "أحمد علي",
      "🙂",
      "e\u0301va",
      "👩‍👩‍👧 family",
      "ßa",
      "  7 of 9",
    ]
    expect(initialsOf(names)).to.deep.equal(["A", "BM", "JP", "أع", "🙂", "E\u0301", "F", "S", "79"])
  })

  it("numbers those that would be the same: two Anns can be told apart", () => {
    expect(initialsOf(["Ann", "Ann", "A", "A2", "Amy"])).to.deep.equal(["A", "A2", "A3", "A4", "A5"])
  })

  it("[property] gives each name initials of its own, whoever joins later", () => {
    const name = fc.oneof(fc.string({ minLength: 1, unit: "grapheme" }), fc.constantFrom("Ann", "Ann B", "A2", "?"))
    fc.assert(
      fc.property(fc.array(name, { maxLength: 20 }), name, (names, later) => {
        const initials = initialsOf(names)
        expect(new Set(initials).size).to.equal(names.length)
        expect(initialsOf([...names, later]).slice(0, -1)).to.deep.equal(initials)
      }),
    )
  })
})
