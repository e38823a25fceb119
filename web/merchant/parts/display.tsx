import { useState } from "react"
import { useTranslation } from "react-i18next"
import { Icon } from "./icon.tsx"
import { loadedDialog } from "./loaded-part.tsx"

const DisplayDialog = loadedDialog(() => import("./display-dialog.tsx").then((module) => module.DisplayDialog))

/** Opens the choice of language and colours. */
export function Display() {
  const { t } = useTranslation()
  const [choosing, setChoosing] = useState(false)
  return (
    <>
      <button type="button" onClick={() => setChoosing(true)}>
        <Icon name="display" />
        <span className="label">{t("display.title")}</span>
      </button>
      {choosing && <DisplayDialog onClose={() => setChoosing(false)} />}
    </>
  )
}
