import { LIST_LIMIT } from "@shopwire/client"
import { useFeed, useProfile, useStats } from "@shopwire/react"
import { type ReactNode, useMemo, useState } from "react"
import { useTranslation } from "react-i18next"
import { closeBasket, goTo, openBasket, setAddress, usePlace } from "../address.ts"
import { readAddress } from "../address-query.ts"
import { UnseenAlerts } from "../alerts/unseen-alerts.tsx"
import { keptRules, useAlerts } from "../alerts/use-alerts.ts"
import { Feed } from "../feed/feed.tsx"
import { type Filter, noFilter } from "../feed/filter.ts"
import { Icon } from "../parts/icon.tsx"
import { loadedDialog, loadedPart, PartNotLoaded } from "../parts/loaded-part.tsx"
import { useLocal } from "../parts/local.ts"
import { type Tab, Tabs } from "../parts/tabs.tsx"
import { Toasts } from "../parts/toasts.tsx"
import { NARROW, TABLET, useMedia } from "../parts/use-media.ts"
import { StaffName } from "../people/staff-name.tsx"
import { Figures } from "../sales/figures.tsx"
import { Baskets } from "../work/baskets.tsx"
import { countDone, type LaneName } from "../work/lanes.ts"
import { PickLists } from "../work/pick-lists.tsx"
import { useLanes } from "../work/use-lanes.ts"
import { codeOf } from "./shop.ts"
import { ShopTitle } from "./shop-title.tsx"

const AlertDialog = loadedDialog(() => import("../alerts/alert-dialog.tsx").then((module) => module.AlertDialog))
const BasketDialog = loadedDialog(() => import("../work/basket-dialog.tsx").then((module) => module.BasketDialog))

const Wall = loadedPart(() => import("../work/wall.tsx").then((module) => module.Wall), { Failed: PartNotLoaded })

/** The view of the address that is a display for a wall. */
const WALL = "wall"

type Part = "events" | "baskets" | "figures"

/** One shop, live. */
export function ShopPage({ shopId, mayTend }: { shopId: string; mayTend: boolean }) {
  const { t } = useTranslation()
  const feed = useFeed(shopId)
  const lanes = useLanes(shopId)
  const profile = useProfile(shopId)
  const stats = useStats(shopId)
  const { view, lane, basket: opened, action, category, session, find, min, max, from, to } = usePlace()
  const filter = useMemo(
    () => ({ action, category, session, find, min, max, from, to }),
    [action, category, session, find, min, max, from, to],
  )
  const [rules, setRules] = useLocal(keptRules)
  const [choosing, setChoosing] = useState(false)
  const alerts = useAlerts({
    shopId,
    rules,
    timeline: feed.timeline,
    isLive: feed.feed.status === "live",
    baskets: lanes.unfinished,
    thresholds: lanes.thresholds,
    hours: profile.data?.opening_hours ?? null,
    timeZone: profile.data?.time_zone ?? "UTC",
    onOpen: openBasket,
  })
  const [tab, setTab] = useState<Part>("events")
  const narrow = useMedia(NARROW)
  const tablet = useMedia(TABLET)

  // The list ends at its limit; the figures count on.
  const listed = lanes.open?.length ?? 0
  const open = listed < LIST_LIMIT ? listed : Math.max(listed, stats.data?.baskets_open ?? 0)
  const unfinished = open - countDone(lanes.open ?? [])

  const parts: Readonly<Record<Part, ReactNode>> = {
    events: <Feed shopId={shopId} feed={feed} filter={filter} onFilter={showFilter} onBasket={openBasket} />,
    baskets: (
      <Baskets
        shopId={shopId}
        lanes={lanes}
        open={open}
        unfinished={unfinished}
        lane={lane}
        onLane={showLane}
        onBasket={openBasket}
      />
    ),
    figures: <Figures shopId={shopId} stats={stats} />,
  }
  const shopName = profile.data?.name ?? codeOf(shopId)
  const tabs: readonly Tab<Part>[] = [
    { name: "events", title: t("shop.activity"), content: parts.events },
    {
      name: "baskets",
      title: lanes.open === undefined ? t("shop.baskets") : t("shop.basketsOpen", { count: unfinished }),
      content: parts.baskets,
    },
    { name: "figures", title: t("shop.figures"), content: parts.figures },
  ]
  const isWall = view === WALL
  const unseen = (
    <UnseenAlerts
      alerts={alerts.unseen}
      onDismiss={alerts.dismiss}
      onOpen={({ key, sessionId }) => {
        alerts.dismiss(key)
        if (sessionId !== undefined) openBasket(sessionId)
      }}
    />
  )
  return (
    <StaffName nameless={isWall ? t("wall.staff") : undefined}>
      {isWall ? (
        <main className="wall-page">
          <Wall
            shopId={shopId}
            shopName={shopName}
            lanes={lanes}
            onBasket={openBasket}
            onClose={() => goTo({ view: "" })}
          />
          {unseen}
        </main>
      ) : (
        <main className="shop">
          <div className="title">
            <ShopTitle shopId={shopId} mayTend={mayTend} />
            <button type="button" onClick={() => goTo({ view: WALL })}>
              <Icon name="system" />
              <span className="label">{t("wall.title")}</span>
            </button>
            <button type="button" onClick={() => setChoosing(true)}>
              <Icon name="bell" />
              <span className="label">{t("alerts.title")}</span>
            </button>
          </div>
          {tablet ? (
            <div className="two-columns">
              <Tabs
                label={t("shop.parts")}
                tabs={tabs.filter(({ name }) => name !== "baskets")}
                shown={tab === "baskets" ? "events" : tab}
                onShow={setTab}
              />
              {parts.baskets}
            </div>
          ) : narrow ? (
            <Tabs label={t("shop.parts")} tabs={tabs} shown={tab} onShow={setTab} />
          ) : (
            <>
              {parts.figures}
              {parts.events}
              {parts.baskets}
            </>
          )}
          {unseen}
        </main>
      )}
      {choosing && (
        <AlertDialog
          rules={rules}
          history={alerts.history}
          onRules={setRules}
          onOpen={(sessionId) => {
            setChoosing(false)
            openBasket(sessionId)
          }}
          onClose={() => setChoosing(false)}
        />
      )}
      {opened === "" ? (
        <Toasts />
      ) : (
        <BasketDialog
          shopId={shopId}
          sessionId={opened}
          thresholds={lanes.thresholds}
          groups={lanes.groups}
          onBasket={openBasket}
          onClose={closeBasket}
          onFilter={() => {
            setAddress({ ...noFilter, view: "", session: opened, basket: "" })
            setTab("events")
          }}
        />
      )}
      <PickLists shopName={shopName} />
    </StaffName>
  )
}

/** Shows other events; Back leads to the earlier ones. While somebody types, only the last text counts. */
function showFilter(filter: Filter): void {
  const { find } = readAddress(location.search)
  const isTyping = find !== "" && filter.find !== "" && find !== filter.find
  const show = isTyping ? setAddress : goTo
  show(filter)
}

function showLane(lane: LaneName): void {
  setAddress({ lane })
}
