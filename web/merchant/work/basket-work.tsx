import { type Basket, basket as basketContract, type Failure, failureOf } from "@shopwire/client"
import { useConnection } from "@shopwire/react"
import { type ReactNode, useState } from "react"
import { useTranslation } from "react-i18next"
import { useFormat } from "../locale/use-format.tsx"
import { useToday } from "../locale/use-today.ts"
import { notSavedText } from "../parts/failure-text.ts"
import { Icon, type IconName } from "../parts/icon.tsx"
import { Said } from "../parts/said.tsx"
import { showToast } from "../parts/toast-list.ts"
import { useStaffName } from "../people/staff-name.tsx"
import { basketLabel } from "./basket-label.ts"
import { type BasketTask, tasksFor, undoing } from "./basket-tasks.ts"

const icons: Readonly<Record<BasketTask, IconName>> = {
  acknowledge: "check",
  release: "close",
  complete: "check",
  reopen: "undo",
}

/** Who works on a basket, as every screen of the shop shows it, and what can be done with it. */
export function BasketWork({
  shopId,
  basket,
  children,
}: {
  shopId: string
  basket: Basket
  /** Further buttons. */
  children?: ReactNode
}) {
  const { t } = useTranslation()
  const askName = useStaffName()
  const connection = useConnection()
  const [isPending, setPending] = useState(false)
  const [failure, setFailure] = useState<Failure>()

  const call = (task: BasketTask, by: string) =>
    connection.call(basketContract, { shop_id: shopId, session_id: basket.session_id }, task, { by })

  const run = async (task: BasketTask, by: string): Promise<void> => {
    setPending(true)
    setFailure(undefined)
    try {
      await call(task, by)
      // A claim that was given back is that of whoever had it.
      const claimedBy = task === "release" ? (basket.acknowledged_by ?? by) : by
      showToast(t(`work.did.${task}`, { basket: basketLabel(t, basket) }), () => {
        call(undoing[task], claimedBy).catch((reason: unknown) => showToast(notSavedText(t, failureOf(reason))))
      })
    } catch (reason) {
      setFailure(failureOf(reason))
    }
    setPending(false)
  }

  return (
    <span className="work">
      <Worker basket={basket} />
      {tasksFor(basket).map((task, i) => (
        <button
          key={task}
          type="button"
          className={i === 0 && task !== "reopen" && task !== "release" ? "task likely" : "task"}
          disabled={isPending}
          onClick={() => askName((by) => void run(task, by))}
        >
          <Icon name={icons[task]} />
          {t(`work.task.${task}`)}
        </button>
      ))}
      {children}
      {failure !== undefined && (
        <span className="wrong" role="alert">
          {notSavedText(t, failure)}
        </span>
      )}
    </span>
  )
}

function Worker({ basket: { acknowledged_by, acknowledged_at, done_by, done_at } }: { basket: Basket }) {
  const { t } = useTranslation()
  const format = useFormat()
  const today = useToday()
  const [by, at] = done_by === null ? [acknowledged_by, acknowledged_at] : [done_by, done_at]
  if (by === null) return null
  return (
    <span className="acknowledged">
      <Icon name={done_by === null ? "person" : "check"} />
      {done_by !== null && <span>{t("work.done")}</span>}
      <Said text={by} />
      {at !== null && (
        <time className="quiet" dateTime={at}>
          {format.time(at, today)}
        </time>
      )}
    </span>
  )
}
