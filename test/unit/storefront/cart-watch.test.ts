import { expect } from "chai"
import type { CartSource } from "../../../web/storefront/cart-source.ts"
import { CartWatch } from "../../../web/storefront/cart-watch.ts"

/** A source that gives its name as a cart, and counts who watches it. */
class Source implements CartSource {
  watchers = 0
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  watch(onCart: (cart: object) => void): () => void {
    this.watchers++
    onCart({ name: this.#name })
    return () => {
      this.watchers--
    }
  }
}

describe("CartWatch", () => {
  it("looks at no cart before it starts, and watches one source once", () => {
    const carts: object[] = []
    const [ecwid, own] = [new Source("ecwid"), new Source("own")]
    const watch = new CartWatch(ecwid, { onCart: (cart) => carts.push(cart), onOrder: () => {} })
    watch.use(own)
    expect([ecwid.watchers, own.watchers]).to.deep.equal([0, 0])
    watch.start()
    watch.start()
    expect([ecwid.watchers, own.watchers]).to.deep.equal([0, 1])
    expect(carts).to.deep.equal([{ name: "own" }])
    watch.use(ecwid)
    expect([ecwid.watchers, own.watchers]).to.deep.equal([1, 0])
    expect(carts).to.deep.equal([{ name: "own" }, { name: "ecwid" }])
    expect(watch.source).to.equal(ecwid)
  })

  it("watches a source once that tells its cart while it is being watched", () => {
    let watched = 0
    const watch = new CartWatch(
      {
        watch: (onCart) => {
          watched++
          onCart({})
          return () => {}
        },
      },
      { onCart: () => watch.start(), onOrder: () => {} },
    )
    watch.start()
    expect(watched).to.equal(1)
  })
})
