import { Tabs } from "radix-ui"
import { useCallback, useState } from "react"
import { useCollection, useResource } from "../hooks/hooks.tsx"
import { keptRules, useNotices } from "./attention.ts"
import { AttentionDialog } from "./attention-dialog.tsx"
import { BasketDialog } from "./basket-dialog.tsx"
import { Baskets } from "./baskets.tsx"
import { Feed } from "./feed.tsx"
import { noFilter } from "./feed-filter.tsx"
import { Figures } from "./figures.tsx"
import { Icon } from "./icon.tsx"
import { useLocal } from "./local.ts"
import { Notices } from "./notices.tsx"
import type { Basket, Stats } from "./shapes.ts"
import { NARROW, useMedia } from "./use-media.ts"
import { useTimeline } from "./use-timeline.ts"

/** One shop, live. */
export function ShopPage({ shopId }: { shopId: string }) {
  const { feed, timeline, older } = useTimeline(shopId)
  const baskets = useCollection<Basket>(`store.${shopId}.baskets`)
  const stats = useResource<Stats>(`store.${shopId}.stats`)
  const [filter, setFilter] = useState(noFilter)
  const [opened, setOpened] = useState<string>()
  const [rules, setRules] = useLocal(keptRules)
  const [choosing, setChoosing] = useState(false)
  const [notices, putAway] = useNotices(rules, timeline.events, baskets.data)
  const [tab, setTab] = useState("events")
  const narrow = useMedia(NARROW)
  const onBasket = useCallback((sessionId: string) => setOpened(sessionId), [])

  const parts = {
    events: (
      <Feed feed={feed} timeline={timeline} filter={filter} onFilter={setFilter} onOlder={older} onBasket={onBasket} />
    ),
    baskets: <Baskets shopId={shopId} baskets={baskets} onBasket={onBasket} />,
    figures: <Figures stats={stats} />,
  }
  return (
    <main className="shop">
      <div className="title">
        <h1>
          Shop <code title={shopId}>{shopId.slice(0, 8)}</code>
        </h1>
        <button type="button" onClick={() => setChoosing(true)}>
          <Icon name="bell" />
          <span>Notices</span>
        </button>
      </div>
      {narrow ? (
        <Tabs.Root className="tabs" value={tab} onValueChange={setTab}>
          {Object.entries(parts).map(([name, part]) => (
            <Tabs.Content key={name} value={name}>
              {part}
            </Tabs.Content>
          ))}
          <Tabs.List aria-label="Parts of the shop">
            <Tabs.Trigger value="events">Events</Tabs.Trigger>
            <Tabs.Trigger value="baskets">
              Baskets{baskets.data === undefined ? "" : ` (${baskets.data.length})`}
            </Tabs.Trigger>
            <Tabs.Trigger value="figures">Figures</Tabs.Trigger>
          </Tabs.List>
        </Tabs.Root>
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
          setOpened(sessionId)
        }}
      />
      {choosing && <AttentionDialog rules={rules} onRules={setRules} onClose={() => setChoosing(false)} />}
      {opened !== undefined && (
        <BasketDialog
          shopId={shopId}
          sessionId={opened}
          onClose={() => setOpened(undefined)}
          onFilter={(basket) => {
            setFilter({ ...noFilter, basket })
            setTab("events")
            setOpened(undefined)
          }}
        />
      )}
    </main>
  )
}
