/** The base of a language tag, such as `en` of `en-GB`; undefined if it is no language tag. */
function baseOf(tag: string): string | undefined {
  try {
    return new Intl.Locale(tag).language
  } catch {
    return undefined
  }
}

/** The first wanted language that is available, by its base, or `fallback`. `wanted` is in the order of preference. */
export function pickLanguage(wanted: readonly string[], available: readonly string[], fallback: string): string {
  for (const tag of wanted) {
    const base = baseOf(tag)
    if (base !== undefined && available.includes(base)) return base
  }
  return fallback
}

/** The locale for numbers and dates: the preferred variant of the language, as `en-GB` for `en`, or the language itself. */
export function localeOf(language: string, preferred: readonly string[]): string {
  return preferred.find((tag) => baseOf(tag) === language) ?? language
}

/** What a language calls itself, as `español`; its tag if the browser does not know it. */
export function ownName(language: string): string {
  return new Intl.DisplayNames([language], { type: "language" }).of(language) ?? language
}
