import { isolatedText } from "../shown-text.ts"
import englishTexts from "./texts/en.json" with { type: "json" }

/**
 * The name of a text, as in `texts/en.json`. `{name}` and the like are placeholders. The text of an error is `error.<code>`, or
 * `error.other` if there is none. A text with `{count}` may have variants for plural forms, such as `member.pieces.one`.
 */
export type TextName = keyof typeof englishTexts

/** Texts by name: those of a language, or a shop's own. Missing texts are English. */
export type Texts = { readonly [Name in TextName]?: string }

/** A value for a placeholder. */
type Filling = string | number | readonly string[]

/** Returns a text with its placeholders filled in. */
export type Say = (name: TextName, places?: Readonly<Record<string, Filling>>) => string

/** @param language a language tag, for numbers and plural forms */
export function sayer(own: Texts, ofLanguage: Texts = {}, language = "en"): Say {
  const texts: Readonly<Record<string, string>> = { ...englishTexts, ...ofLanguage, ...own }
  const plurals = new Intl.PluralRules(language)
  const numbers = new Intl.NumberFormat(language)
  return (name, places = {}) => {
    const { count } = places
    const plural = typeof count === "number" ? texts[`${name}.${plurals.select(count)}`] : undefined
    return (plural ?? texts[name] ?? name).replace(/\{(\w+)\}/g, (place, key: string) => {
      const filling = places[key]
      return filling === undefined ? place : filled(filling, numbers)
    })
  }
}

/** A text may be a person's name, which must not change the direction of the sentence. */
function filled(filling: Filling, numbers: Intl.NumberFormat): string {
  if (typeof filling === "number") return numbers.format(filling)
  return typeof filling === "string" ? isolatedText(filling) : filling.map(isolatedText).join(", ")
}

/** The text for an error. */
export function errorText(say: Say, code: string): string {
  const name = `error.${code}`
  return name in englishTexts ? say(name as TextName) : say("error.other", { code })
}
