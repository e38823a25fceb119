import { expect } from "chai"
import { cartLines, pieces, totalOf } from "../../../web/storefront/cart-lines.ts"

const SHOP = "https://shop.example"
const cart = (...items: unknown[]) => ({ items })
const product = (fields: object) => cart({ quantity: 1, product: { name: "Tea", price: 2, ...fields } })

describe("cartLines", () => {
  it("reads an Ecwid cart: names, options, quantities, prices and links to the shop's own pages", () => {
    const lines = cartLines(
      cart(
        { quantity: 2, product: { name: "Tea", price: 3.5, url: "/tea-p1" }, options: { Size: "L", Gift: null } },
        { quantity: 1, product: { name: "Cup" }, options: [{ name: "Colour", value: "red" }] },
      ),
      SHOP,
    )
    expect(lines.map(({ item }) => item.quantity)).to.deep.equal([2, 1])
    expect(lines.map(({ item: _, ...read }) => read)).to.deep.equal([
      {
        name: "Tea",
        options: "Size: L",
        quantity: 2,
        price: 3.5,
        url: "https://shop.example/tea-p1",
        picture: undefined,
      },
      { name: "Cup", options: "Colour: red", quantity: 1, price: undefined, url: undefined, picture: undefined },
    ])
    expect(pieces(lines)).to.equal(3)
    expect(totalOf(lines)).to.equal(7)
  })

  it("reads options of which several may be chosen", () => {
    const options = { Toppings: ["Cheese", "Ham", null], Size: "L", None: [], Files: [{}] }
    expect(cartLines(cart({ product: { name: "Pizza" }, options }), SHOP)[0]?.options).to.equal(
      "Toppings: Cheese + Ham, Size: L",
    )
    const older = [{ name: "Toppings", value: ["Cheese", 2] }]
    expect(cartLines(cart({ product: { name: "Pizza" }, options: older }), SHOP)[0]?.options).to.equal(
      "Toppings: Cheese + 2",
    )
  })

  for (const content of [undefined, null, 7, "x", [], {}, { items: {} }, cart(null, 7, {}, { product: 1 })]) {
    it(`gives no lines for ${JSON.stringify(content)}`, () => {
      expect(cartLines(content, SHOP)).to.deep.equal([])
      expect(totalOf([])).to.equal(undefined)
    })
  }

  for (const url of [
    "javascript:alert(1)",
    "https://evil.example/",
    "//evil.example",
    "https://shop.example.evil.example",
    "data:text/html,x",
    7,
    "http://[",
  ]) {
    it(`makes no link of ${url}`, () => expect(cartLines(product({ url }), SHOP)[0]?.url).to.equal(undefined))
  }

  it("takes pictures from the shop's own origin, and from those that the shop allows, without a query", () => {
    const CDN = "https://cdn.example"
    const pictureOf = (fields: object) => cartLines(product(fields), SHOP, [SHOP, CDN])[0]?.picture
    expect(pictureOf({ thumbnailUrl: "/tea.jpg?size=80#top" })).to.equal(`${SHOP}/tea.jpg`)
    expect(pictureOf({ imageUrl: `${CDN}/a/b.WEBP` })).to.equal(`${CDN}/a/b.WEBP`)
    expect(cartLines(product({ imageUrl: `${CDN}/a/b.webp` }), SHOP)[0]?.picture).to.equal(undefined)
    for (const thumbnailUrl of [
      "/logout",
      "/logout?x=.png",
      "/logout#.png",
      "https://evil.example/track.png",
      "//evil.example/track.png",
      "data:image/png,x.png",
      "javascript:alert(1)//.png",
      7,
    ]) {
      expect(pictureOf({ thumbnailUrl }), String(thumbnailUrl)).to.equal(undefined)
    }
  })

  it("bounds what a stranger's cart can fill: 200 lines, 200 characters, numbers that are some", () => {
    const many = cart(...Array.from({ length: 1000 }, () => ({ quantity: 1, product: { name: "x".repeat(5000) } })))
    const lines = cartLines(many, SHOP)
    expect(lines).to.have.length(200)
    expect(lines[0]?.name).to.have.length(200)
    for (const quantity of [-1, 0, Number.NaN, "9", 1e300]) {
      expect(cartLines(cart({ quantity, product: {} }), SHOP)[0]?.quantity, String(quantity)).to.equal(1)
    }
    expect(cartLines(product({ price: "1" }), SHOP)[0]?.price).to.equal(undefined)
  })
})
