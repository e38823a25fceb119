import { type ReactNode, useId, useState } from "react"

/**
 * A word with details, shown while the pointer is on it or it has the focus; Escape hides them (WCAG 2.2, 1.4.13). Empty details are
 * no details.
 */
export function Hint({ children, details }: { children: ReactNode; details: readonly string[] }) {
  const id = useId()
  const [shown, setShown] = useState(false)
  if (details.length === 0) return children
  return (
    <span className="has-hint" onPointerEnter={() => setShown(true)} onPointerLeave={() => setShown(false)}>
      <button
        type="button"
        className="hint-word"
        aria-describedby={id}
        onFocus={() => setShown(true)}
        onBlur={() => setShown(false)}
        onClick={() => setShown(true)}
        onKeyDown={({ key }) => {
          if (key === "Escape") setShown(false)
        }}
      >
        {children}
      </button>
      <span role="tooltip" id={id} className="hint-text" hidden={!shown}>
        {details.map((detail) => (
          <span key={detail}>{detail}</span>
        ))}
      </span>
    </span>
  )
}
