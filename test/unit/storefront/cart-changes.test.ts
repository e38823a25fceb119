import { expect } from "chai"
import { cartChanges } from "../../../web/storefront/cart-changes.ts"
import type { CartLine } from "../../../web/storefront/cart-lines.ts"
import { productsText } from "../../../web/storefront/products-text.ts"
import { sayer } from "../../../web/storefront/texts.ts"

const line = (name: string, quantity = 1, options = "", price = 1): CartLine => ({
  name,
  quantity,
  options,
  price,
  url: undefined,
  picture: undefined,
  item: {},
})

describe("cartChanges()", () => {
  for (const [title, before, after, added, removed] of [
    ["a new line", [], [line("Tea")], [["Tea", 1]], []],
    ["more of a line", [line("Tea")], [line("Tea", 3)], [["Tea", 2]], []],
    ["fewer of a line", [line("Tea", 3)], [line("Tea")], [], [["Tea", 2]]],
    ["a line less", [line("Tea"), line("Cup")], [line("Cup")], [], [["Tea", 1]]],
    ["another option", [line("Tea", 1, "Size: S")], [line("Tea", 1, "Size: L")], [["Tea", 1]], [["Tea", 1]]],
    ["another order and price", [line("Tea"), line("Cup")], [line("Cup", 1, "", 9), line("Tea")], [], []],
    ["a line in two", [line("Tea", 2)], [line("Tea"), line("Tea")], [], []],
  ] as const) {
    it(`finds in ${title} what was added and removed`, () => {
      const found = cartChanges(before, after)
      const pairs = (all: typeof found.added) => all.map(({ name, quantity }) => [name, quantity])
      expect(pairs(found.added)).to.deep.equal(added)
      expect(pairs(found.removed)).to.deep.equal(removed)
    })
  }
})

describe("productsText()", () => {
  const say = sayer({})
  const told = (...products: [string, number][]) =>
    say("said.added", {
      name: "Bob",
      products: productsText(
        products.map(([name, quantity]) => ({ name, quantity })),
        say,
      ),
    })

  it("names one or two products, and counts the rest", () => {
    expect(told(["Rye Bread", 1])).to.equal("Bob added Rye Bread")
    expect(told(["Rye Bread", 2], ["Tea", 1])).to.equal("Bob added 2 × Rye Bread, Tea")
    expect(told(["Rye Bread", 1], ["Tea", 1], ["Cup", 1], ["Pot", 4])).to.equal("Bob added Rye Bread, Tea, 2 more")
  })
})
