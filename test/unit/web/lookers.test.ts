import { expect } from "chai"
import { lookers } from "../../../web/merchant/people/lookers.ts"

const screen = (id: number, name: string | null, presence: "here" | "idle" = "here") => ({
  id: String(id),
  name,
  since: "2026-11-26T20:00:00.000Z",
  presence,
})

describe("lookers()", () => {
  it("gives each other name once, and counts screens without a name", () => {
    const others = [
      screen(1, "Eva"),
      screen(2, null),
      screen(3, "Eva"),
      screen(4, "Ann"),
      screen(5, "Bob"),
      screen(6, null),
    ]
    expect(lookers(others, "Ann")).to.deep.equal({ names: ["Eva", "Bob"], more: 2 })
  })

  it("leaves out screens that nobody sees", () => {
    expect(lookers([screen(1, "Eva", "idle"), screen(2, null, "idle")], "")).to.deep.equal({ names: [], more: 0 })
  })

  it("gives three names, and counts the rest", () => {
    const others = ["Eva", "Bob", "Cem", "Dan", "Fay"].map((name, id) => screen(id, name))
    expect(lookers([...others, screen(9, null)], "")).to.deep.equal({ names: ["Eva", "Bob", "Cem"], more: 3 })
  })
})
