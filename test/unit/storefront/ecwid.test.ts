import { expect } from "chai"
import { type Ecwid, ecwidCart, shareable } from "../../../web/storefront/ecwid.ts"
import { until } from "../../helpers/until.ts"

/** A cart as Ecwid's documentation shows it, with the customer's address and the order's ids. */
const documentedCart = {
  id: "TJ6VG",
  cartId: "99E7E224-5F6F-4C00-BFE9-9F72F2B5A471",
  orderId: 506524300,
  couponName: "SECRET10",
  items: [
    {
      quantity: 2,
      product: {
        id: 455570501,
        sku: "0000077",
        price: 500,
        name: "Pizza #2",
        weight: 1,
        shortDescription: "",
        url: "https://shop.example/p455570501",
        thumbnailUrl: "https://shop.example/pizza.jpg",
        imageUrl: "https://shop.example/pizza-large.jpg",
      },
      options: { Size: "L" },
    },
  ],
  productsQuantity: 2,
  shippingPerson: { name: "Jane Doe", phone: "16019521325", street: "1 Street" },
}

const shared = {
  items: [
    {
      quantity: 2,
      product: {
        id: 455570501,
        sku: "0000077",
        name: "Pizza #2",
        price: 500,
        url: "https://shop.example/p455570501",
        thumbnailUrl: "https://shop.example/pizza.jpg",
      },
      options: { Size: "L" },
    },
  ],
  productsQuantity: 2,
}

/** The documented part of Ecwid's API, to be changed by hand. */
class Shop implements Ecwid {
  readonly loaded: (() => void)[] = []
  readonly watchers: ((cart: unknown) => void)[] = []
  readonly OnAPILoaded = { add: (callback: () => void) => void this.loaded.push(callback) }
  readonly OnCartChanged = { add: (callback: (cart: unknown) => void) => void this.watchers.push(callback) }
  readonly Cart = { get: (callback: (cart: unknown) => void) => callback(documentedCart) }
}

describe("ecwidCart", () => {
  it("gives the cart when the API has loaded, and after each change, until it is ended", () => {
    const shop = new Shop()
    const carts: object[] = []
    const end = ecwidCart({ Ecwid: shop }).watch((cart) => carts.push(cart))
    expect(carts).to.deep.equal([])
    for (const loaded of shop.loaded) loaded()
    expect(carts).to.deep.equal([shared])
    for (const watcher of shop.watchers) watcher({ items: [] })
    expect(carts[1]).to.deep.equal({ items: [], productsQuantity: 0 })
    end()
    for (const watcher of shop.watchers) watcher(documentedCart)
    expect(carts).to.have.length(2)
  })

  it("subscribes once, and gives the next watcher the cart at once", () => {
    const shop = new Shop()
    const source = ecwidCart({ Ecwid: shop })
    source.watch(() => {})
    for (const loaded of shop.loaded) loaded()
    const carts: object[] = []
    source.watch((cart) => carts.push(cart))
    expect(carts).to.deep.equal([shared])
    expect(shop.watchers).to.have.length(1)
  })

  it("waits for Ecwid's script, which may come later", async () => {
    const page: { Ecwid?: Ecwid } = {}
    const carts: object[] = []
    const end = ecwidCart(page).watch((cart) => carts.push(cart))
    const shop = new Shop()
    page.Ecwid = shop
    await until("the adapter to subscribe", () => shop.loaded.length > 0)
    for (const loaded of shop.loaded) loaded()
    expect(carts).to.deep.equal([shared])
    end()
  })
})

describe("ecwidCart's add and remove", () => {
  it("put lines of friends into the shop's cart with their pieces and options, and take out the line itself", () => {
    const shop = new Shop()
    const told: unknown[] = []
    const Cart = {
      get: (callback: (cart: unknown) => void) =>
        callback({ items: [{ quantity: 1, product: { id: 7 } }, ...documentedCart.items] }),
      addProduct: (product: object) => void told.push(product),
      removeProduct: (index: number) => void told.push(index),
    }
    const source = ecwidCart({ Ecwid: { OnAPILoaded: shop.OnAPILoaded, OnCartChanged: shop.OnCartChanged, Cart } })
    source.watch(() => {})
    for (const loaded of shop.loaded) loaded()
    const [line = {}] = shared.items
    source.add?.({ ...line }, 2)
    source.remove?.({ ...line, quantity: 9 })
    source.remove?.({ ...line, options: { Size: "M" } })
    expect(told).to.deep.equal([{ id: 455570501, quantity: 2, options: { Size: "L" } }, 1])
  })
})

describe("shareable", () => {
  it("keeps the lines, and neither the customer's address nor the order's ids and coupon", () => {
    expect(shareable(documentedCart)).to.deep.equal(shared)
    const text = JSON.stringify(shareable(documentedCart))
    for (const secret of ["Jane", "1601", "99E7", "TJ6VG", "5065", "SECRET"]) expect(text).to.not.include(secret)
  })

  it("makes an empty cart of what is none", () => {
    for (const cart of [undefined, null, 7, [], { items: "x" }]) {
      expect(shareable(cart)).to.deep.equal({ items: [], productsQuantity: 0 })
    }
  })
})
