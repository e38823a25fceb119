import type { Day } from "@shopwire/client"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { Said } from "../parts/said.tsx"
import { topProducts } from "./sales.ts"

const MOST = 5

/** The products that sold for most in the period. */
export function TopProducts({ days }: { days: readonly Day[] | undefined }) {
  const { t } = useTranslation()
  const format = useFormat()
  const products = days === undefined ? [] : topProducts(days, MOST)
  const most = Math.max(1e-9, ...products.map(({ value }) => value))
  return (
    <div className="top card" aria-busy={days === undefined}>
      <header className="figures-head">
        <h2>{t("figures.topProducts")}</h2>
      </header>
      {days === undefined && <div className="skeleton" />}
      {days !== undefined && products.length === 0 && <p className="quiet">{t("figures.nothingYet")}</p>}
      <ol>
        {products.map(({ product_id, product_name, sold, value }) => (
          <li key={product_id}>
            <span className="name">
              <Said text={product_name} />
            </span>
            <span>
              <span className="quiet">{t("figures.sold", { quantity: sold })}</span> {format.money(value)}
            </span>
            <span className="share" style={{ width: `${(value / most) * 100}%` }} aria-hidden="true" />
          </li>
        ))}
      </ol>
    </div>
  )
}
