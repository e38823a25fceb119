import { type SubmitEvent, useId, useState } from "react"
import { useTranslation } from "react-i18next"
import { usePlace } from "../address.ts"
import { goToShop, shopIdOf } from "./shop.ts"

/** The start page, which asks for a shop. */
export function ShopPicker() {
  const { t } = useTranslation()
  // An address with an invalid shop ID shows the same error as a wrong input.
  const { shop } = usePlace()
  const [text, setText] = useState(shop)
  const [wrong, setWrong] = useState(shop !== "")
  const [input, hint] = [useId(), useId()]

  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const shopId = shopIdOf(text)
    setWrong(shopId === undefined)
    if (shopId !== undefined) goToShop(shopId)
  }

  return (
    <section className="card picker-form">
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
    </section>
  )
}
