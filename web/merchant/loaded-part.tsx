import { type ComponentType, useEffect, useState } from "react"
import { useTranslation } from "react-i18next"
import { Dialog } from "./dialog.tsx"

const preloads: (() => Promise<unknown>)[] = []

/**
 * A component in a file of its own, which is loaded when it is first shown, or when the page has nothing else to do. `Waiting` is shown
 * meanwhile; without it, nothing. `Failed` is shown if the file can't be loaded.
 */
export function loadedPart<P extends object>(
  load: () => Promise<ComponentType<P>>,
  { Waiting, Failed }: { Waiting?: ComponentType<P>; Failed: ComponentType<P & { onAgain: () => void }> },
): ComponentType<P> {
  let known: ComponentType<P> | undefined
  const loadOnce = async (): Promise<ComponentType<P>> => {
    known ??= await load()
    return known
  }
  preloads.push(loadOnce)
  return function LoadedPart(props: P) {
    const [Part, setPart] = useState(() => known)
    const [failures, setFailures] = useState(0)
    const [attempts, setAttempts] = useState(0)
    // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt loads again
    useEffect(() => {
      let isShown = true
      loadOnce().then(
        (loaded) => isShown && setPart(() => loaded),
        () => isShown && setFailures((before) => before + 1),
      )
      return () => {
        isShown = false
      }
    }, [attempts])
    if (Part !== undefined) return <Part {...props} />
    if (failures > attempts) return <Failed {...props} onAgain={() => setAttempts(failures)} />
    return Waiting === undefined ? null : <Waiting {...props} />
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

function DialogNotLoaded({ onClose, onAgain }: { onClose: () => void; onAgain: () => void }) {
  const { t } = useTranslation()
  return (
    <Dialog title={t("page.broken")} onClose={onClose}>
      <PartNotLoaded onAgain={onAgain} />
    </Dialog>
  )
}

/** Shown instead of a part whose file can't be loaded. */
export function PartNotLoaded({ onAgain }: { onAgain: () => void }) {
  const { t } = useTranslation()
  return (
    <p role="alert">
      {t("failure.partNotLoaded")}{" "}
      <button type="button" onClick={onAgain}>
        {t("page.tryAgain")}
      </button>
    </p>
  )
}
