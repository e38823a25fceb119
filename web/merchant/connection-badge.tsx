import { useConnectionState } from "@shopwire/react"
import { asTime } from "./format.ts"
import { useToday } from "./use-today.ts"

/** Tells whether the page is up to date. */
export function ConnectionBadge() {
  const state = useConnectionState()
  const today = useToday()
  const [tone, text, more] = ((): [string, string, string] => {
    switch (state.kind) {
      case "connecting":
        return ["wait", "Connecting", ""]
      case "live":
        return ["good", "Live", ""]
      case "reconnecting":
        return ["wait", "Reconnecting", `as of ${asTime(state.since, today)}`]
      case "unanswered":
        return ["bad", "Stale", `since ${asTime(state.since, today)}`]
    }
  })()
  return (
    <p className={`badge ${tone}`} role="status">
      <span className="dot" aria-hidden="true" />
      <span>{text}</span>
      {more !== "" && <span className="quiet">{more}</span>}
    </p>
  )
}
