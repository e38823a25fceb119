import { type Day, isRefused } from "@shopwire/client"
import { useDays, useProfile, useStats } from "@shopwire/react"
import { useTranslation } from "react-i18next"
import { FormatProvider, useFormat } from "../locale/use-format.tsx"
import { useToday } from "../locale/use-today.ts"
import { clockKey } from "../locale/zone-time.ts"
import { notLoadedText } from "../parts/failure-text.ts"
import { Comparison } from "../parts/growth.tsx"
import { Icon } from "../parts/icon.tsx"
import { useNow } from "../parts/use-now.ts"
import { daysLater } from "../sales/period.ts"
import { sliceStart, totalsBefore } from "../sales/sales.ts"
import { goToShop, nameOf } from "./shop.ts"
import { ShopName } from "./shop-name.tsx"

/** A shop with its figures of today, live; it leads to the shop. */
export function ShopCard({ shopId }: { shopId: string }) {
  const { t } = useTranslation()
  const { data, failure } = useProfile(shopId)
  const name = data === undefined ? nameOf(shopId) : (data.name ?? undefined)
  return (
    <FormatProvider currency={data?.currency ?? null} timeZone={data?.set === true ? data.time_zone : undefined}>
      <li className="card">
        <a
          href={`?shop=${shopId}`}
          onClick={(event) => {
            event.preventDefault()
            goToShop(shopId)
          }}
        >
          <Icon name="shop" />
          <ShopName shopId={shopId} name={name} />
        </a>
        {failure === undefined ? (
          <Today shopId={shopId} zone={data?.time_zone} />
        ) : (
          <p className="quiet">{isRefused(failure) ? t("failure.signIn") : notLoadedText(t, failure)}</p>
        )}
      </li>
    </FormatProvider>
  )
}

function Today({ shopId, zone }: { shopId: string; zone: string | undefined }) {
  const { t } = useTranslation()
  const format = useFormat()
  const today = useToday(zone)
  const days = useDays(shopId, { from: daysLater(today, -1), to: today }).data
  const stats = useStats(shopId).data
  const day = days?.find(({ date }) => date === today)
  const yesterday = days?.find(({ date }) => date !== today)
  return (
    <dl className="tiles">
      <div className="tile wide">
        <dt>{t("overview.salesToday")}</dt>
        <dd>
          <span className={day === undefined ? "value skeleton" : "value"}>{day && format.money(day.sales)}</span>
          <span className="quiet">
            <Change today={day} yesterday={yesterday} />
          </span>
        </dd>
      </div>
      <div className="tile">
        <dt>{t("sales.orders")}</dt>
        <dd className={day === undefined ? "value skeleton" : "value"}>{day && format.count(day.orders)}</dd>
      </div>
      <div className="tile">
        <dt>{t("figures.openBaskets")}</dt>
        <dd className={stats === undefined ? "value skeleton" : "value"}>
          {stats && format.count(stats.baskets_open)}
        </dd>
      </div>
    </dl>
  )
}

function Change({ today, yesterday }: { today: Day | undefined; yesterday: Day | undefined }) {
  const { t } = useTranslation()
  const format = useFormat()
  const now = useNow()
  if (today === undefined || yesterday === undefined) return null
  const time = sliceStart(clockKey(new Date(now), today.time_zone))
  const name = t("sales.yesterday", { time: format.timeOfDay(time) })
  return <Comparison now={today.sales} before={totalsBefore(yesterday, time).sales} name={name} />
}
