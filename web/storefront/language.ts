import { localeOf, pickLanguage } from "../language.ts"
import type { Texts } from "./texts.ts"

/** The language whose texts are part of the widget. */
const OWN = "en"
/** The languages of the widget: each has a file in `texts/`, and all but `OWN` are loaded when they are needed. */
export const languages: readonly string[] = [OWN, "es", "ar"]

/** The language in which the widget speaks. */
export interface Language {
  readonly texts: Texts
  /** A language tag, for numbers, times and plural forms. */
  readonly locale: string
  readonly direction: "ltr" | "rtl"
}

/** The language tag of the first wanted language that the widget has. `wanted`: language tags, the preferred ones first. */
export function languageFor(wanted: readonly string[]): string {
  return pickLanguage(wanted, languages, OWN)
}

/**
 * A language of the widget, English if it cannot be loaded.
 *
 * @param load imports one of the widget's further files
 */
export async function loadLanguage(
  tag: string,
  wanted: readonly string[],
  load: (file: string) => Promise<unknown>,
): Promise<Language> {
  if (tag === OWN) return english(wanted)
  try {
    const { default: texts } = (await load(`widget-${tag}.js`)) as { readonly default: Texts }
    return { texts, locale: localeOf(tag, wanted), direction: tag === "ar" ? "rtl" : "ltr" }
  } catch {
    return english(wanted)
  }
}

export function english(wanted: readonly string[]): Language {
  return { texts: {}, locale: localeOf(OWN, wanted), direction: "ltr" }
}
