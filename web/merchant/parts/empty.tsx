import type { ReactNode } from "react"
import { Icon, type IconName } from "./icon.tsx"

/** The text shown where there is nothing to see. */
export function Empty({ icon, busy = false, children }: { icon?: IconName; busy?: boolean; children: ReactNode }) {
  return (
    <div className="empty" aria-busy={busy}>
      {busy && <span className="spinner" aria-hidden="true" />}
      {icon !== undefined && <Icon name={icon} />}
      <p className="empty-text">{children}</p>
    </div>
  )
}
