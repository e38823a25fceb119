import { type SubmitEvent, useId, useState } from "react"
import { usePlace } from "./address.ts"
import { Icon } from "./icon.tsx"
import { goToShop, recentShops, shopIdOf } from "./shop.ts"

/** The start page, which asks for a shop. */
export function ShopPicker() {
  // An address with an invalid shop ID shows the same error as a wrong input.
  const { shop } = usePlace()
  const [text, setText] = useState(shop)
  const [wrong, setWrong] = useState(shop !== "")
  const [input, hint] = [useId(), useId()]
  const recent = recentShops()

  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const shopId = shopIdOf(text)
    setWrong(shopId === undefined)
    if (shopId !== undefined) goToShop(shopId)
  }

  return (
    <main className="picker">
      <section className="card">
        <h1>Open a shop</h1>
        <p className="quiet">See live what happens in its baskets.</p>
        <form onSubmit={submit} noValidate>
          <label htmlFor={input}>Shop ID</label>
          <div className="row">
            <input
              id={input}
              value={text}
              autoComplete="off"
              spellCheck={false}
              placeholder="123e4567-e89b-42d3-a456-426614174000"
              aria-invalid={wrong}
              aria-describedby={hint}
              onChange={(event) => setText(event.target.value)}
            />
            <button type="submit" className="primary">
              Open
            </button>
          </div>
          <p id={hint} className={wrong ? "hint wrong" : "hint"} role={wrong ? "alert" : undefined}>
            {wrong ? "That is not a shop ID, which is a UUID version 4 like the example." : "A UUID version 4."}
          </p>
        </form>
        {recent.length > 0 && (
          <nav aria-labelledby="recent">
            <h2 id="recent">Recent</h2>
            <ul className="recent">
              {recent.map((shopId) => (
                <li key={shopId}>
                  <a
                    href={`?shop=${shopId}`}
                    onClick={(event) => {
                      event.preventDefault()
                      goToShop(shopId)
                    }}
                  >
                    <Icon name="shop" />
                    <code>{shopId}</code>
                  </a>
                </li>
              ))}
            </ul>
          </nav>
        )}
      </section>
    </main>
  )
}
