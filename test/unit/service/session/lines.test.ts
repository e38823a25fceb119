import { expect } from "chai"
import fc from "fast-check"
import { MAX_CART_LINES } from "../../../../contract/limits.ts"
import { versionOf } from "../../../../service/session/cart-content.ts"
import type { SessionCommand } from "../../../../service/session/command.ts"
import { linesOf } from "../../../../service/session/lines.ts"
import type { Member } from "../../../../service/session/session.ts"
import { type LineEventSenders, ShownLines } from "../../../../service/session/shown-lines.ts"
import {
  cart,
  join,
  laterThan,
  leave,
  lock,
  ready,
  refusal,
  refusalOf,
  sessionAfter,
  start,
} from "../../../helpers/session-commands.ts"

const tea = { quantity: 1, product: { id: 1, name: "Tea", price: 4 }, options: { Size: "L" } }
const bread = { quantity: 2, product: { id: 2, name: "Rye Bread", price: 3 } }
const filled = { couponCode: "X", items: [tea, bread], productsQuantity: 3 }
const [teaLine = "", breadLine = ""] = linesOf(filled).map(({ id }) => id)

const change = (id: string, content: object, item: object, line?: string): SessionCommand => ({
  type: "setItem",
  id,
  version: versionOf(content),
  item,
  line,
})
const remove = (id: string, content: object, line: string): SessionCommand => ({
  type: "removeItem",
  id,
  version: versionOf(content),
  line,
})
const disown = (id: string, line: string, disowned = true): SessionCommand => ({ type: "disown", id, line, disowned })

describe("linesOf()", () => {
  const ids = (...items: unknown[]): string[] => linesOf({ items }).map(({ id }) => id)

  it("names a line by its product and options: it stays the same while quantity, price and name change", () => {
    const dearer = { ...tea, quantity: 5, product: { ...tea.product, name: "Green tea", price: 9 } }
    expect(ids(dearer)).to.deep.equal(ids(tea))
    expect(ids({ ...tea, options: { Size: "M" } })).to.not.deep.equal(ids(tea))
    expect(ids({ quantity: 1, note: "x" })).to.deep.equal(ids({ quantity: 2, note: "x" }))
  })

  it("numbers what is in the cart again, and takes only objects", () => {
    expect(ids(tea, bread, tea, "no line", tea)).to.deep.equal([teaLine, breadLine, `${teaLine}-2`, `${teaLine}-3`])
    expect(linesOf({ items: ["no line", tea] }).map(({ index }) => index)).to.deep.equal([1])
    for (const content of [{}, { items: {} }, { cart: [tea] }]) expect(linesOf(content)).to.deep.equal([])
  })

  it("names the first lines of a cart that has more than anybody looks at: each costs an event", () => {
    expect(ids(...Array(MAX_CART_LINES + 1).fill(tea))).to.have.length(MAX_CART_LINES)
  })
})

describe("setItem, removeItem, disown", () => {
  const session = sessionAfter(start("a"), join("b"), cart("b", filled))
  const contentOf = (...commands: SessionCommand[]) => laterThan(session, ...commands)?.members[1]?.content

  it("change one line of the cart, and nothing else in it", () => {
    const more = { ...tea, quantity: 9 }
    expect(contentOf(change("b", filled, more, teaLine))).to.deep.equal({ ...filled, items: [more, bread] })
    expect(contentOf(change("b", filled, tea))).to.deep.equal({ ...filled, items: [tea, bread, tea] })
    expect(contentOf(remove("b", filled, teaLine))).to.deep.equal({ ...filled, items: [bread] })
    expect(laterThan(session, change("a", {}, tea))?.members[0]?.content).to.deep.equal({ items: [tea] })
  })

  it("are refused for a cart that is another one by now, with what is there, and for a line that is not there", () => {
    const data = { version: versionOf(filled), content: filled }
    for (const command of [change("b", {}, tea), remove("b", {}, teaLine)])
      expect(refusalOf(session, command)).to.deep.include({ code: "session.cartChanged", data })
    const none = "nosuchline"
    for (const command of [change("b", filled, tea, none), remove("b", filled, none), disown("b", none)])
      expect(refusal(session, command)).to.equal("session.noSuchLine")
    const locked = laterThan(session, lock("a"))
    expect(refusal(locked, change("b", filled, tea))).to.equal("session.locked")
  })

  it("add no item that would have no line", () => {
    const full = { items: Array(MAX_CART_LINES).fill(tea) }
    const many = laterThan(session, cart("b", full))
    const data = { limitLines: MAX_CART_LINES }
    expect(refusalOf(many, change("b", full, bread))).to.deep.include({ code: "session.cartTooLarge", data })
    expect(refusal(many, change("b", full, bread, teaLine))).to.equal(undefined)
  })

  it("end the member's readiness, as any change of its cart; disown does not", () => {
    const isReady = (...commands: SessionCommand[]) => laterThan(session, ready("b"), ...commands)?.members[1]?.ready
    expect(isReady(disown("b", teaLine))).to.equal(true)
    expect(isReady(remove("b", filled, teaLine))).to.equal(false)
  })

  it("disown a line until it is taken back, or the line goes, and not when it comes again", () => {
    const disowned = (...commands: SessionCommand[]) => laterThan(session, ...commands)?.members[1]?.disowned ?? []
    expect(disowned(disown("b", teaLine))).to.deep.equal([teaLine])
    expect(disowned(disown("b", teaLine), disown("b", teaLine, false))).to.deep.equal([])
    const changed = cart("b", { ...filled, items: [bread, { ...tea, quantity: 7 }] })
    expect(disowned(disown("b", teaLine), changed)).to.deep.equal([teaLine])
    expect(disowned(disown("b", teaLine), cart("b", { items: [bread] }), cart("b", filled))).to.deep.equal([])
  })
})

describe("ShownLines", () => {
  /** A client that applies the events to what it got, and counts them. */
  class Client {
    list: string[] = []
    readonly models = new Map<string, Record<string, unknown>>()
    readonly events: string[] = []
    readonly added: string[] = []

    readonly senders = {
      lines: () => ({
        add: (value: { rid: string }, index: number) => {
          const id = value.rid.split(".").at(-1) ?? ""
          this.events.push("add")
          this.added.push(id)
          this.list.splice(index, 0, id)
        },
        remove: (index: number) => {
          this.events.push("remove")
          this.list.splice(index, 1)
        },
      }),
      line: (_: string, line: string) => ({
        change: (values: object) => {
          if (Object.keys(values).length === 0) return
          this.events.push("change")
          this.models.set(line, { ...this.models.get(line), ...values })
        },
      }),
    }
  }

  const item = fc.record({
    quantity: fc.integer({ min: 1, max: 3 }),
    product: fc.record({ id: fc.integer({ min: 1, max: 4 }), price: fc.integer({ min: 1, max: 2 }) }),
  })
  const content = fc.record({ items: fc.array(item, { maxLength: 8 }) })

  it("forgets the lines of a member that has left, once it has told of them", () => {
    const session = sessionAfter(start("a"), join("b"), cart("b", filled))
    const shown = new ShownLines()
    const client = new Client()
    client.list = [...shown.show("s", session?.members[1] as Member).keys()]
    shown.tell("s", laterThan(session, leave("b")), client.senders as unknown as LineEventSenders)
    expect(client.list).to.deep.equal([])
    const asked: string[] = []
    const lines = (customer: string) => ({ reaccess: () => asked.push(customer) })
    shown.reaccess("s", { lines, line: lines } as unknown as LineEventSenders)
    expect(asked).to.deep.equal([])
  })

  it("[property] brings clients to what a fresh get gives, through any carts, and sends one event for one line", () => {
    fc.assert(
      fc.property(fc.array(content, { minLength: 2, maxLength: 6 }), (contents) => {
        const shown = new ShownLines()
        const client = new Client()
        const sessionWith = (each: object) => sessionAfter(start("a"), cart("a", each))
        const hostWith = (each: object): Member => {
          const [host] = sessionWith(each)?.members ?? []
          if (host === undefined) throw new Error("there is no host")
          return host
        }
        const freshOf = (each: object) => new ShownLines().show("s", hostWith(each))
        const [first = {}] = contents
        for (const [id, model] of shown.show("s", hostWith(first))) {
          client.list.push(id)
          client.models.set(id, model)
        }
        for (const each of contents) {
          client.events.length = 0
          shown.tell("s", sessionWith(each), client.senders as unknown as LineEventSenders)
          const fresh = freshOf(each)
          expect(client.list).to.deep.equal([...fresh.keys()])
          // A client gets a line that is new to it when it follows the reference.
          for (const id of client.added.splice(0)) client.models.set(id, { ...fresh.get(id) })
          for (const [id, model] of fresh) expect(client.models.get(id)).to.deep.equal(model)
        }
        const [last] = contents.at(-1)?.items ?? []
        if (last === undefined) return
        client.events.length = 0
        const more = { items: [{ ...last, quantity: last.quantity + 1 }, ...(contents.at(-1)?.items.slice(1) ?? [])] }
        shown.tell("s", sessionWith(more), client.senders as unknown as LineEventSenders)
        expect(client.events).to.deep.equal(["change"])
      }),
      { numRuns: 100 },
    )
  })
})
