import { expect } from "chai"
import { areAllReady, changesBetween, waitedFor, withStatus } from "../../../clients/js/src/session/members.ts"
import type { Member } from "../../../clients/js/src/session/protocol.ts"
import type { SessionMember } from "../../../contract/session-members.ts"

const member = (id: string, fields: Partial<Member> = {}): Member => ({
  id,
  name: id.toUpperCase(),
  isHost: false,
  isReady: false,
  content: {},
  ...fields,
})
const host = member("ann", { isHost: true })
const readyHost = { ...host, isReady: true }
const bob = member("bob")
const readyBob = { ...bob, isReady: true }

const told = (before: Member[], after: Member[]): string[] =>
  changesBetween(before, after).map((change) =>
    change.type === "allReady" ? "allReady" : `${change.type} ${change.member.id}`,
  )

describe("changesBetween", () => {
  const cases: [string, Member[], Member[], string[]][] = [
    ["nothing", [host, bob], [host, { ...bob, content: { items: [1] } }], []],
    ["who came", [host], [host, bob], ["joined bob"]],
    ["who left", [host, bob], [host], ["left bob"]],
    ["who is ready", [host, bob], [host, readyBob], ["ready bob"]],
    ["who is not ready any more", [host, readyBob], [host, bob], ["notReady bob"]],
    ["that all are", [host, readyBob], [readyHost, readyBob], ["ready ann", "allReady"]],
    ["the host's heir", [host, bob], [{ ...bob, isHost: true }], ["host bob", "left ann"]],
    [
      "a host who came in the place of one",
      [host, bob],
      [member("eve", { isHost: true }), bob],
      ["joined eve", "left ann"],
    ],
  ]
  for (const [what, before, after, expected] of cases) {
    it(`tells ${what}`, () => expect(told(before, after)).to.deep.equal(expected))
  }
})

describe("waitedFor", () => {
  it("names the guests that the host waits for; a guest waits for nobody", () => {
    const eve = member("eve")
    expect(waitedFor([host, bob, readyBob, eve], "ann")).to.deep.equal([bob, eve])
    expect(waitedFor([host, readyBob], "ann")).to.deep.equal([])
    expect(waitedFor([host, bob, eve], "bob")).to.deep.equal([])
    expect(waitedFor([host, bob], undefined)).to.deep.equal([])
  })
})

describe("areAllReady", () => {
  it("needs everybody, and somebody", () => {
    expect(areAllReady([])).to.equal(false)
    expect(areAllReady([readyHost, bob])).to.equal(false)
    expect(areAllReady([readyHost, readyBob])).to.equal(true)
    expect(areAllReady([readyHost]), "alone").to.equal(false)
  })

  it("does not wait for friends who are away", () => {
    const away = member("eve", { presence: "away" })
    expect(areAllReady([readyHost, readyBob, away])).to.equal(true)
    expect(areAllReady([readyHost, away])).to.equal(false)
    expect(waitedFor([host, bob, away], "ann")).to.deep.equal([bob])
  })
})

describe("withStatus", () => {
  const status = (...members: Partial<SessionMember>[]) =>
    ({ members }) as unknown as NonNullable<Parameters<typeof withStatus>[1]>
  const lineOf = (members: readonly Member[]) =>
    members.map(({ id, presence, content }) => `${id} ${presence} ${JSON.stringify(content)}`)

  it("is the update alone for a server without status", () => {
    expect(withStatus([host, bob], undefined, [])).to.deep.equal([host, bob])
  })

  it("keeps friends who are away in their places, with the carts that they had", () => {
    const known = status(
      { id: "ann", presence: "here" },
      { id: "eve", presence: "away" },
      { id: "joe", presence: "away" },
      { id: "bob", presence: "idle" },
    )
    const before = [member("eve", { content: { items: [1] } })]
    expect(lineOf(withStatus([host, bob], known, before))).to.deep.equal([
      "ann here {}",
      'eve away {"items":[1]}',
      "joe away undefined",
      "bob idle {}",
    ])
  })

  it("follows the update where the status is older: who has left is gone, who came is there", () => {
    const known = status({ id: "ann", presence: "here" }, { id: "eve", presence: "here" })
    expect(lineOf(withStatus([host, bob], known, []))).to.deep.equal(["ann here {}", "bob undefined {}"])
  })
})
