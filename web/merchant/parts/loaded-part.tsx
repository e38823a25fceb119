import { type ComponentType, useEffect, useState } from "react"
import { useTranslation } from "react-i18next"
import { Dialog } from "./dialog.tsx"

const preloads: (() => Promise<unknown>)[] = []

/**
 * A component in a file of its own, which is loaded when it is first shown, or when the page has nothing else to do. Until then nothing
 * is shown. `Failed` is shown if the file can't be loaded: there is no network, or the page has been replaced by a newer one.
 */
export function loadedPart<P extends object>(
  load: () => Promise<ComponentType<P>>,
  { Failed }: { Failed: ComponentType<P> },
): ComponentType<P> {
  let known: ComponentType<P> | undefined
  const loadOnce = async (): Promise<ComponentType<P>> => {
    known ??= await load()
    return known
  }
  preloads.push(loadOnce)
  return function LoadedPart(props: P) {
    const [Part, setPart] = useState(() => known)
    useEffect(() => {
      let isShown = true
      const show = (part: ComponentType<P>): void => {
        if (isShown) setPart(() => part)
      }
      loadOnce().then(show, () => show(Failed))
      return () => {
        isShown = false
      }
    }, [])
    return Part === undefined ? null : <Part {...props} />
  }
}

/** The same for a dialog. */
export function loadedDialog<P extends { readonly onClose: () => void }>(
  load: () => Promise<ComponentType<P>>,
): ComponentType<P> {
  return loadedPart(load, { Failed: DialogNotLoaded })
}

/** Loads all parts while the page has nothing else to do, so that they open at once, also without a network. */
export function preloadParts(): void {
  for (const load of preloads) void load().catch(() => {})
}

function DialogNotLoaded({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Dialog title={t("page.broken")} onClose={onClose}>
      <PartNotLoaded />
    </Dialog>
  )
}

/** Shown instead of a part whose file can't be loaded. A reload shows the same view: it is in the address. */
export function PartNotLoaded() {
  const { t } = useTranslation()
  return (
    <p role="alert">
      {t("failure.partNotLoaded")}{" "}
      <button type="button" onClick={() => location.reload()}>
        {t("page.reload")}
      </button>
    </p>
  )
}
