import { type SubmitEvent, useId, useState } from "react"
import { useTranslation } from "react-i18next"
import { usePlace } from "./address.ts"
import { Icon } from "./icon.tsx"
import { Said } from "./said.tsx"
import { goToShop, nameOf, recentShops, shopIdOf } from "./shop.ts"

/** The start page, which asks for a shop. */
export function ShopPicker() {
  const { t } = useTranslation()
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
        <h1>{t("picker.title")}</h1>
        <p className="quiet">{t("picker.lead")}</p>
        <form onSubmit={submit} noValidate>
          <label htmlFor={input}>{t("picker.label")}</label>
          <div className="row">
            <input
              id={input}
              value={text}
              autoComplete="off"
              spellCheck={false}
              aria-invalid={wrong}
              aria-describedby={hint}
              onChange={(event) => setText(event.target.value)}
            />
            <button type="submit" className="primary">
              {t("picker.open")}
            </button>
          </div>
          <p id={hint} className={wrong ? "hint wrong" : "hint"} role={wrong ? "alert" : undefined}>
            {t(wrong ? "picker.unknown" : "picker.hint")}
          </p>
        </form>
        {recent.length > 0 && (
          <nav aria-labelledby="recent">
            <h2 id="recent">{t("picker.recent")}</h2>
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
                    <ShopLabel shopId={shopId} />
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

function ShopLabel({ shopId }: { shopId: string }) {
  const name = nameOf(shopId)
  return name === undefined ? <code>{shopId}</code> : <Said text={name} />
}
