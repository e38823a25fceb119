import { useLayoutEffect } from "react"
import { useTranslation } from "react-i18next"
import { type Kept, readLocal, useLocal } from "../parts/local.ts"
import { Segmented } from "../parts/segmented.tsx"

const themes = ["system", "light", "dark"] as const
export type Theme = (typeof themes)[number]

const keptTheme: Kept<Theme> = {
  name: "theme",
  read: (found) => themes.find((theme) => theme === found) ?? "system",
}

/** Applies the last chosen theme before the first paint. */
export function applyTheme(theme: Theme = readLocal(keptTheme)): void {
  document.documentElement.dataset.theme = theme
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useLocal(keptTheme)
  useLayoutEffect(() => applyTheme(theme), [theme])
  return [theme, setTheme]
}

/** Chooses between light, dark and the system's theme. */
export function ThemeToggle() {
  const { t } = useTranslation()
  const [theme, setTheme] = useTheme()
  return (
    <Segmented
      label={t("display.colours")}
      chosen={theme}
      onChoose={setTheme}
      segments={themes.map((value) => ({ value, label: t(`display.theme.${value}`), icon: value }))}
    />
  )
}
