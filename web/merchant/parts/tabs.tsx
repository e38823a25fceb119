import { type KeyboardEvent, type ReactNode, useId, useRef } from "react"

/** One tab and what it shows. */
export interface Tab<Name extends string> {
  readonly name: Name
  readonly title: string
  readonly content: ReactNode
}

/** Parts of a page, one at a time. Arrow keys, Home and End move between the tabs (WAI-ARIA APG 1.2, "Tabs", automatic activation). */
export function Tabs<Name extends string>({
  label,
  tabs,
  shown,
  onShow,
}: {
  label: string
  tabs: readonly Tab<Name>[]
  shown: Name
  onShow: (name: Name) => void
}) {
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const at = tabs.findIndex(({ name }) => name === shown)

  const onKeyDown = (event: KeyboardEvent) => {
    const toRight = getComputedStyle(event.currentTarget).direction === "rtl" ? -1 : 1
    const next = { ArrowRight: at + toRight, ArrowLeft: at - toRight, Home: 0, End: tabs.length - 1 }[event.key]
    const tab = next === undefined ? undefined : tabs[(next + tabs.length) % tabs.length]
    if (tab === undefined) return
    event.preventDefault()
    onShow(tab.name)
    list.current?.querySelector<HTMLElement>(`[data-name="${tab.name}"]`)?.focus()
  }

  return (
    <div className="tabs">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: people without a mouse must be able to scroll it */}
      <div key={shown} role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${shown}`} tabIndex={0}>
        {tabs[at]?.content}
      </div>
      <div ref={list} role="tablist" aria-label={label} onKeyDown={onKeyDown}>
        {tabs.map(({ name, title }) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`${id}-${name}`}
            data-name={name}
            aria-selected={name === shown}
            aria-controls={name === shown ? `${id}-panel` : undefined}
            tabIndex={name === shown ? 0 : -1}
            onClick={() => onShow(name)}
          >
            {title}
          </button>
        ))}
      </div>
    </div>
  )
}
