import { expect } from "chai"
import { groupNews } from "../../../web/storefront/group-news.ts"
import { sayer } from "../../../web/storefront/texts.ts"
import type { TogetherState } from "../../../web/storefront/together.ts"

type Status = NonNullable<TogetherState["status"]>

const formats = { price: String, time: (instant: string) => instant, minutes: String }
const names = new Map([["bob", "Bob"]])

const status = (fields: Partial<Status>): Partial<Status> => ({
  phase: "shopping",
  payer: null,
  deadline: null,
  locked_by: null,
  members: [],
  ...fields,
})

const asked = (id: string, to: string) =>
  ({ id, type: "move", by: "bob", to, item: { product: { name: "Tea" } }, line: "x", at: "" }) as const

const nudged = (at: string | null): Partial<Status> => ({
  members: [
    {
      id: "ann",
      name: "Ann",
      is_host: true,
      is_ready: false,
      version: "",
      presence: "here",
      since: null,
      client: "widget",
      colour: 0,
      initials: "A",
      nudged_by: at === null ? null : "bob",
      nudged_at: at,
    },
  ],
})

function told(before: Partial<Status> | undefined, after: Partial<Status>, customerId = "ann"): string[] {
  const shown = (of: Partial<Status> | undefined) => ({ status: of as Status | undefined, customerId })
  return groupNews(shown(before), shown(after), names, sayer({}), formats)
}

describe("groupNews()", () => {
  for (const [what, before, after, expected] of [
    ["nothing of the first status", undefined, { phase: "locked" }, []],
    ["a lock", {}, { phase: "locked", locked_by: "host" }, ["The host locked the carts."]],
    ["a deadline", {}, { deadline: "12:30" }, ["Carts lock at 12:30"]],
    [
      "that it has passed",
      { deadline: "1" },
      { phase: "locked", locked_by: "deadline", deadline: "1" },
      ["Time is up. The carts are locked."],
    ],
    [
      "what a friend asks the customer, once, and nothing of what others are asked",
      { offers: [asked("1", "ann")] },
      { offers: [asked("1", "ann"), asked("2", "ann"), asked("3", "bob")] },
      ["Bob asks for your Tea"],
    ],
    ["a nudge", nudged(null), nudged("12:30"), ["Bob is waiting for you"]],
    ["no nudge twice", nudged("12:30"), nudged("12:30"), []],
    ["an unlock", { phase: "locked" }, {}, ["You can change your carts again"]],
    ["who pays", { phase: "locked" }, { phase: "checkingOut", payer: "bob" }, ["Bob is checking out"]],
    [
      "a cancelled checkout",
      { phase: "checkingOut", payer: "bob" },
      { phase: "locked" },
      ["The checkout was cancelled"],
    ],
    ["an order", { phase: "checkingOut", payer: "bob" }, { phase: "ordered", payer: "bob" }, ["Bob placed the order"]],
  ] as [string, Partial<Status> | undefined, Partial<Status>, string[]][]) {
    it(`tells ${what}`, () => expect(told(before && status(before), status(after))).to.deep.equal(expected))
  }

  it("does not tell the customer what it does itself", () => {
    const paying = status({ phase: "checkingOut", payer: "bob" })
    expect(told(status({}), paying, "bob")).to.deep.equal([])
    expect(told(paying, status({ phase: "ordered", payer: "bob" }), "bob")).to.deep.equal([])
  })
})
