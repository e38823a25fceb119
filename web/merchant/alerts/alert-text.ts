import { actionName } from "../feed/action-name.ts"
import { basketName, type Format } from "../locale/format.ts"
import type { Texts } from "../locale/texts.ts"
import type { Alert } from "./alert-rules.ts"

/** An alert in a shopkeeper's words. */
export function alertText(t: Texts, format: Format, alert: Alert): string {
  switch (alert.kind) {
    case "order":
      return t("alerts.order", { amount: format.money(alert.amount) })
    case "abandoned":
      return t("alerts.abandoned", { amount: format.money(alert.amount) })
    case "action":
      return t("alerts.action", { action: actionName(t, alert.action), product: alert.product })
    case "drift":
      return t("alerts.basketTotals", { basket: basketName(alert.sessionId ?? "") })
    case "quiet":
      return t("alerts.quiet", { count: alert.minutes })
  }
}
