import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { Absent } from "../parts/absent.tsx"
import { Empty } from "../parts/empty.tsx"
import { Icon } from "../parts/icon.tsx"
import { useNow } from "../parts/use-now.ts"
import { useWakeLock } from "../parts/use-wake-lock.ts"
import { BasketRows } from "./basket-rows.tsx"
import { LaneSkeleton } from "./lane-skeleton.tsx"
import { laneNames, sorted } from "./lanes.ts"
import type { Lanes } from "./use-lanes.ts"

/** Lines of a card: nobody opens baskets on a wall. */
const MOST_LINES = 12

/** All lanes side by side for a display on a wall or in a kitchen, which has no keyboard and stays on. What waits longest comes first. */
export function Wall({
  shopId,
  shopName,
  lanes,
  onBasket,
  onClose,
}: {
  shopId: string
  shopName: string
  lanes: Lanes
  onBasket: (sessionId: string) => void
  onClose: () => void
}) {
  const { t } = useTranslation()
  const format = useFormat()
  const now = useNow()
  const isAwake = useWakeLock()
  const { failure } = lanes
  return (
    <div className="wall">
      <header className="wall-head">
        <h1>{shopName}</h1>
        <time className="wall-clock">{format.shortClock(new Date(now))}</time>
        {isAwake && <span className="quiet">{t("wall.awake")}</span>}
        <span className="spread" />
        {document.fullscreenEnabled && (
          <button
            type="button"
            // Refused, or already full: the page stays as it is.
            onClick={() => void document.documentElement.requestFullscreen().catch(() => {})}
          >
            <Icon name="grow" />
            {t("wall.fullScreen")}
          </button>
        )}
        <button
          type="button"
          onClick={() => {
            if (document.fullscreenElement !== null) void document.exitFullscreen()
            onClose()
          }}
        >
          <Icon name="close" />
          {t("wall.close")}
        </button>
      </header>
      {failure === undefined ? (
        <div className="wall-lanes">
          {laneNames.map((name) => {
            const baskets = sorted(
              lanes.lanes[name].filter(({ done_by }) => done_by === null),
              name === "active" ? "newest" : "oldest",
            )
            return (
              <section key={name} className={`wall-lane ${name}`} aria-labelledby={`wall-${name}`}>
                <h2 id={`wall-${name}`}>
                  {t(`lanes.name.${name}`)} <span className="count">{format.count(baskets.length)}</span>
                </h2>
                {lanes.isLoading ? (
                  <LaneSkeleton />
                ) : baskets.length === 0 ? (
                  <Empty>{t(`lanes.empty.${name}`)}</Empty>
                ) : (
                  // biome-ignore lint/a11y/noNoninteractiveTabindex: people without a mouse must be able to scroll it
                  <ul tabIndex={0} aria-labelledby={`wall-${name}`}>
                    <BasketRows
                      baskets={baskets}
                      groups={lanes.groups}
                      shopId={shopId}
                      thresholds={lanes.thresholds}
                      mostLines={MOST_LINES}
                      onBasket={onBasket}
                    />
                  </ul>
                )}
              </section>
            )
          })}
        </div>
      ) : (
        <Absent failure={failure} />
      )}
    </div>
  )
}
