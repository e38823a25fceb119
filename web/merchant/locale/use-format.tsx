import { createContext, type ReactNode, useContext, useMemo } from "react"
import { localeOf } from "../../language.ts"
import { Format } from "./format.ts"
import { useLanguage } from "./texts.ts"

const FormatContext = createContext<Format | undefined>(undefined)

/** Lets the components in it write amounts and times, in the page's language and the given currency and time zone. */
export function FormatProvider({
  currency = null,
  timeZone,
  children,
}: {
  currency?: string | null
  timeZone?: string | undefined
  children: ReactNode
}) {
  const [language] = useLanguage()
  const format = useMemo(
    () => new Format({ locale: localeOf(language, navigator.languages), currency, timeZone }),
    [language, currency, timeZone],
  )
  return <FormatContext value={format}>{children}</FormatContext>
}

/** The same object until the language, the currency or the time zone changes. */
export function useFormat(): Format {
  const format = useContext(FormatContext)
  if (format === undefined) throw new Error("useFormat is used outside of a FormatProvider")
  return format
}
