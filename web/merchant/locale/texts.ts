import { createInstance, type FormatterModule, type TFunction } from "i18next"
import { initReactI18next, useTranslation } from "react-i18next"
import { localeOf, pickLanguage } from "../../language.ts"
import { isolatedText } from "../../shown-text.ts"
import { type Kept, readLocal, useLocal } from "../parts/local.ts"
import en from "../texts/en.json"

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en }
  }
}

/** The texts of the page in one language: keys are those of `texts/en.json`. */
export type Texts = TFunction

/** English is always loaded, so that there is a text for everything, also for an error. */
const FALLBACK = "en"

/** Other languages are loaded when they are chosen. A new language is one more file. */
const files = import.meta.glob<typeof en>(["../texts/*.json", "!../texts/en.json"], { import: "default" })
const loaders = new Map(
  Object.entries(files).map(([file, load]) => [file.replace("../texts/", "").replace(".json", ""), load]),
)

/** The tags of the languages that the page has. */
export const languages: readonly string[] = [FALLBACK, ...loaders.keys()]

/** The chosen language; empty for the browser's. */
const keptLanguage: Kept<string> = {
  name: "language",
  read: (found) => (typeof found === "string" && languages.includes(found) ? found : ""),
}

const i18n = createInstance()
let counts = new Intl.NumberFormat()
let isRightToLeft = false
/** The language that was asked for last; its texts may still be loading. */
let wanted = FALLBACK

/** Starts with the chosen language, or the first of the browser's that the page has. */
export async function startTexts(): Promise<void> {
  await i18n
    .use(initReactI18next)
    .use(inSentence)
    .init({
      lng: FALLBACK,
      fallbackLng: FALLBACK,
      resources: { en: { translation: en } },
      interpolation: { escapeValue: false, alwaysFormat: true },
      react: { useSuspense: false },
    })
  await showTexts(pickLanguage([readLocal(keptLanguage), ...navigator.languages], languages, FALLBACK))
}

/** Shows the page in another language. If its texts can't be loaded, the page stays as it is. */
async function showTexts(language: string): Promise<void> {
  wanted = language
  const load = loaders.get(language)
  if (load !== undefined && !i18n.hasResourceBundle(language, "translation")) {
    const texts = await load().catch(() => undefined)
    if (texts === undefined || wanted !== language) return
    i18n.addResourceBundle(language, "translation", texts)
  }
  counts = new Intl.NumberFormat(localeOf(language, navigator.languages))
  document.documentElement.lang = language
  isRightToLeft = i18n.dir(language) === "rtl"
  document.documentElement.dir = i18n.dir(language)
  await i18n.changeLanguage(language)
}

/** Values in sentences: numbers as the language writes them, texts of another direction isolated from the sentence. */
const inSentence: FormatterModule = {
  type: "formatter",
  format(value) {
    if (typeof value === "number") return counts.format(value)
    const text = isolatedText(String(value))
    return isRightToLeft && !text.startsWith("\u2068") ? `\u2068${text}\u2069` : text
  },
  init() {},
  add() {},
  addCached() {},
}

/** The page's language, and a function that changes it and keeps the choice in this browser. */
export function useLanguage(): [string, (language: string) => void] {
  const { i18n: shown } = useTranslation()
  const [, keep] = useLocal(keptLanguage)
  return [
    shown.language,
    (language) => {
      keep(language)
      void showTexts(language)
    },
  ]
}
