import { expect } from "chai"
import fc from "fast-check"
import { isEmptyCart } from "../../../contract/cart.ts"
import { type GroupTotal, groupTotal } from "../../../contract/group-total.ts"

const line = (price: unknown, quantity: unknown = 1) => ({ quantity, product: { name: "Bread", price } })
const cartOf = (...items: unknown[]) => ({ items })
const owned = (...contents: unknown[]) =>
  contents.map((content, i) => ({ customer: `c${i}`, name: `Name ${i}`, content }))
const shares = ({ members }: GroupTotal): number[] => members.map(({ share }) => share)
const carts = ({ members }: GroupTotal): number[] => members.map(({ cart }) => cart)

/** An amount in its smallest units, read from its digits. */
const unitsOf = (amount: number, decimals: number): bigint => BigInt(amount.toFixed(decimals).replace(".", ""))

describe("groupTotal()", () => {
  it("says what each cart costs, exactly, and who pays how much", () => {
    const total = groupTotal(owned(cartOf(line(0.1), line(0.2)), cartOf(line(3.2, 2), line(1.1, 3))), "byCart", "EUR")
    expect(total).to.deep.equal({
      currency: "EUR",
      decimals: 2,
      total: 10,
      members: [
        { customer: "c0", name: "Name 0", items: 2, cart: 0.3, share: 0.3 },
        { customer: "c1", name: "Name 1", items: 5, cart: 9.7, share: 9.7 },
      ],
      rounding: 0,
      unreadable: [],
    })
  })

  it("splits evenly, so that the first ones pay a cent more, and says for how many", () => {
    const total = groupTotal(owned(cartOf(line(10)), {}, cartOf(line(0.01))), "evenly", "EUR")
    expect([total.total, shares(total), total.rounding]).to.deep.equal([10.01, [3.34, 3.34, 3.33], 2])
    expect(carts(total)).to.deep.equal([10, 0, 0.01])
    const whole = groupTotal(owned(cartOf(line(100)), {}, {}), "evenly", "JPY")
    expect([whole.decimals, shares(whole), whole.rounding]).to.deep.equal([0, [34, 33, 33], 1])
    const thousandths = groupTotal(owned(cartOf(line(1)), {}, {}), "evenly", "KWD")
    expect(shares(thousandths)).to.deep.equal([0.334, 0.333, 0.333])
  })

  it("rounds carts to the currency, half a cent up, after it has summed them up", () => {
    expect(carts(groupTotal(owned(cartOf(line(1.255, 3)), cartOf(line(1.005))), "byCart", "EUR"))).to.deep.equal([
      3.77, 1.01,
    ])
    expect(carts(groupTotal(owned(cartOf(line(-1.005)), cartOf(line(10 / 3, 3))), "byCart", "EUR"))).to.deep.equal([
      -1.01, 10,
    ])
    expect(carts(groupTotal(owned(cartOf(line(2.99, 0.1))), "byCart", "EUR"))).to.deep.equal([0.3])
  })

  it("has two decimals without a currency, or three if a cart needs more", () => {
    const decimals = (...contents: unknown[]) => groupTotal(owned(...contents), "byCart", null).decimals
    expect(decimals(cartOf(line(10)), {})).to.equal(2)
    expect(decimals(cartOf(line(1.255, 2)))).to.equal(2)
    expect(decimals(cartOf(line(1.255)))).to.equal(3)
    expect(decimals(cartOf(line(10 / 3)))).to.equal(3)
  })

  it("counts what it can read, and names whose carts have more", () => {
    const unreadable = (content: unknown) => groupTotal(owned(content), "byCart", "EUR").unreadable.length === 1
    for (const content of [{}, { items: [] }, cartOf(line(0)), cartOf({ product: { price: 1 } })])
      expect(unreadable(content), JSON.stringify(content)).to.equal(false)
    for (const price of ["1", null, undefined, Number.NaN, Infinity, 1e13, {}])
      expect(unreadable(cartOf(line(price))), String(price)).to.equal(true)
    for (const quantity of ["1", null, 0, -1, 1e7]) expect(unreadable(cartOf(line(1, quantity)))).to.equal(true)
    for (const content of [null, 7, "x", [], [1], { lines: [] }, { items: "x" }, cartOf(null), cartOf({ product: 1 })])
      expect(unreadable(content), JSON.stringify(content)).to.equal(true)
    expect(unreadable(cartOf(line(1e12, 1e6)))).to.equal(true)
    const half = groupTotal(owned(cartOf(line(2), line("?"))), "byCart", "EUR")
    expect([half.total, half.unreadable, half.members[0]?.items]).to.deep.equal([2, ["c0"], 1])
    expect(groupTotal([], "evenly", "EUR")).to.deep.include({ total: 0, members: [], rounding: 0 })
  })

  it("knows which carts are empty", () => {
    for (const content of [{}, { items: [] }, { items: [], coupon: "x" }]) expect(isEmptyCart(content)).to.equal(true)
    for (const content of [cartOf(1), { lines: [] }, { items: {} }, [], null, "x"])
      expect(isEmptyCart(content)).to.equal(false)
  })

  it("[property] hands out the whole total, to the smallest unit, however it is split", () => {
    const currency = fc.constantFrom("EUR", "JPY", "KWD", null)
    const price = fc
      .tuple(fc.integer({ min: -(10 ** 5), max: 10 ** 6 }), fc.nat(4))
      .map(([units, decimals]) => units / 10 ** decimals)
    const cart = fc.array(fc.tuple(price, fc.integer({ min: 1, max: 999 })), { maxLength: 20 }).map((lines) => ({
      content: cartOf(...lines.map(([each, quantity]) => line(each, quantity))),
      items: lines.reduce((all, [, quantity]) => all + quantity, 0),
    }))
    fc.assert(
      fc.property(fc.array(cart, { minLength: 1, maxLength: 50 }), currency, (all, money) => {
        const contents = owned(...all.map(({ content }) => content))
        const [byCart, evenly] = [groupTotal(contents, "byCart", money), groupTotal(contents, "evenly", money)]
        const { decimals } = byCart
        const units = (amounts: readonly number[]) => amounts.map((amount) => unitsOf(amount, decimals))
        const sumOf = (amounts: readonly number[]) => units(amounts).reduce((whole, each) => whole + each, 0n)
        const whole = unitsOf(byCart.total, decimals)
        expect(sumOf(carts(byCart)), "carts").to.equal(whole)
        expect(sumOf(shares(byCart)), "shares by cart").to.equal(whole)
        expect(sumOf(shares(evenly)), "even shares").to.equal(whole)
        expect(carts(evenly)).to.deep.equal(carts(byCart))
        const even = units(shares(evenly))
        const least = even.reduce((a, b) => (a < b ? a : b))
        expect(even.map((share) => Number(share - least))).to.deep.equal(
          even.map((_, i) => (i < evenly.rounding ? 1 : 0)),
        )
        expect(evenly.rounding).to.be.within(0, contents.length - 1)
        expect(byCart.members.map(({ items }) => items)).to.deep.equal(all.map(({ items }) => items))
        expect(byCart.unreadable).to.deep.equal([])
      }),
    )
  })
})
