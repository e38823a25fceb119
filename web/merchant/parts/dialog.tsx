import { type ReactNode, useId, useLayoutEffect, useRef } from "react"
import { createPortal } from "react-dom"
import { useTranslation } from "react-i18next"
import { Icon } from "./icon.tsx"

/**
 * A dialog over the page, while it is rendered. It is the browser's own: it keeps the focus inside, closes on Escape, returns the focus,
 * and needs no inline style, which the Content-Security-Policy would refuse.
 */
export function Dialog({
  title,
  side = false,
  onClose,
  children,
}: {
  title: string
  /** At the side and as high as the window, instead of in the middle. */
  side?: boolean
  onClose: () => void
  children: ReactNode
}) {
  const { t } = useTranslation()
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  // Closed while it is still in the page, so that the browser returns the focus.
  useLayoutEffect(() => {
    const element = dialog.current
    element?.showModal()
    // Focuses the first field, not the close button.
    element?.querySelector<HTMLElement>("input, textarea")?.focus()
    return () => element?.close()
  }, [])
  return createPortal(
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does it by keyboard; this is the click beside the dialog
    <dialog
      ref={dialog}
      className={side ? "dialog side" : "dialog"}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose()
      }}
    >
      <div className="dialog-body">
        <div className="dialog-head">
          <h2 id={heading}>{title}</h2>
          <button type="button" className="plain" aria-label={t("page.close")} onClick={onClose}>
            <Icon name="close" />
          </button>
        </div>
        {children}
      </div>
    </dialog>,
    document.body,
  )
}
