import { LIST_LIMIT } from "@shopwire/client"
import { useBaskets, useFeed, useStats } from "@shopwire/react"
import { type ReactNode, useMemo, useState } from "react"
import { useTranslation } from "react-i18next"
import { closeBasket, goTo, openBasket, setAddress, usePlace } from "./address.ts"
import { readAddress } from "./address-query.ts"
import { keptRules, useNotices } from "./attention.ts"
import { Baskets } from "./baskets.tsx"
import { Feed } from "./feed.tsx"
import { Figures } from "./figures.tsx"
import { type Filter, noFilter } from "./filter.ts"
import { Icon } from "./icon.tsx"
import { loadedDialog } from "./loaded-part.tsx"
import { useLocal } from "./local.ts"
import { Notices } from "./notices.tsx"
import { ShopTitle } from "./shop-title.tsx"
import { type Tab, Tabs } from "./tabs.tsx"
import { NARROW, useMedia } from "./use-media.ts"

const AttentionDialog = loadedDialog(() => import("./attention-dialog.tsx").then((module) => module.AttentionDialog))
const BasketDialog = loadedDialog(() => import("./basket-dialog.tsx").then((module) => module.BasketDialog))

type Part = "events" | "baskets" | "figures"

/** One shop, live. */
export function ShopPage({ shopId, mayTend }: { shopId: string; mayTend: boolean }) {
  const { t } = useTranslation()
  const feed = useFeed(shopId)
  const baskets = useBaskets(shopId)
  const stats = useStats(shopId)
  const { basket: opened, action, category, session, find, min, max, from, to } = usePlace()
  const filter = useMemo(
    () => ({ action, category, session, find, min, max, from, to }),
    [action, category, session, find, min, max, from, to],
  )
  const [rules, setRules] = useLocal(keptRules)
  const [choosing, setChoosing] = useState(false)
  const [notices, putAway] = useNotices(rules, feed.timeline.events, baskets.data)
  const [tab, setTab] = useState<Part>("events")
  const narrow = useMedia(NARROW)

  // The list ends at its limit; the figures count on.
  const listed = baskets.data?.length ?? 0
  const open = listed < LIST_LIMIT ? listed : Math.max(listed, stats.data?.baskets_open ?? 0)

  const parts: Readonly<Record<Part, ReactNode>> = {
    events: <Feed shopId={shopId} feed={feed} filter={filter} onFilter={showFilter} onBasket={openBasket} />,
    baskets: <Baskets shopId={shopId} baskets={baskets} open={open} onBasket={openBasket} />,
    figures: <Figures stats={stats} />,
  }
  const tabs: readonly Tab<Part>[] = [
    { name: "events", title: t("shop.activity"), content: parts.events },
    {
      name: "baskets",
      title: baskets.data === undefined ? t("shop.baskets") : t("shop.basketsOpen", { count: open }),
      content: parts.baskets,
    },
    { name: "figures", title: t("shop.figures"), content: parts.figures },
  ]
  return (
    <main className="shop">
      <div className="title">
        <ShopTitle shopId={shopId} mayTend={mayTend} />
        <button type="button" onClick={() => setChoosing(true)}>
          <Icon name="bell" />
          <span className="label">{t("alerts.title")}</span>
        </button>
      </div>
      {narrow ? (
        <Tabs label={t("shop.parts")} tabs={tabs} shown={tab} onShow={setTab} />
      ) : (
        <>
          {parts.figures}
          {parts.events}
          {parts.baskets}
        </>
      )}
      <Notices
        notices={notices}
        onSeen={putAway}
        onOpen={({ key, sessionId }) => {
          putAway(key)
          openBasket(sessionId)
        }}
      />
      {choosing && <AttentionDialog rules={rules} onRules={setRules} onClose={() => setChoosing(false)} />}
      {opened !== "" && (
        <BasketDialog
          shopId={shopId}
          sessionId={opened}
          onClose={closeBasket}
          onFilter={() => {
            setAddress({ ...noFilter, session: opened, basket: "" })
            setTab("events")
          }}
        />
      )}
    </main>
  )
}

/** Shows other events; Back leads to the earlier ones. While somebody types, only the last text counts. */
function showFilter(filter: Filter): void {
  const { find } = readAddress(location.search)
  const isTyping = find !== "" && filter.find !== "" && find !== filter.find
  const show = isTyping ? setAddress : goTo
  show(filter)
}
