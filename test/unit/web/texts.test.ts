import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "chai"
import { projectDir } from "../../../config/project-dir.ts"

const folder = join(projectDir, "web/merchant")

type Texts = { readonly [key: string]: string | Texts }

/** The texts of a language by their full keys, such as `page.theme.light`. */
function textsOf(language: string): ReadonlyMap<string, string> {
  const flat = (texts: Texts, prefix: string): [string, string][] =>
    Object.entries(texts).flatMap(([key, value]) =>
      typeof value === "string" ? [[prefix + key, value]] : flat(value, `${prefix}${key}.`),
    )
  return new Map(flat(JSON.parse(readFileSync(join(folder, "texts", `${language}.json`), "utf8")) as Texts, ""))
}

const PLURAL = /_(zero|one|two|few|many|other)$/
const withoutPlural = (key: string): string => key.replace(PLURAL, "")
const sorted = (all: Iterable<string>): string[] => [...new Set(all)].toSorted()
const placeholders = (text: string): string[] =>
  sorted([...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = ""]) => name))

const languages = readdirSync(join(folder, "texts")).map((file) => file.replace(".json", ""))
const english = textsOf("en")
const keys = sorted([...english.keys()].map(withoutPlural))
const plurals = sorted([...english.keys()].filter((key) => PLURAL.test(key)).map(withoutPlural))

/** What stands in quotes in the sources; what is inserted into a template may be anything. */
function quotedTexts(): { readonly exact: ReadonlySet<string>; readonly templates: readonly RegExp[] } {
  const exact = new Set<string>()
  const templates: RegExp[] = []
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.tsx?$/.test(name),
  )) {
    const source = readFileSync(join(folder, file), "utf8")
    for (const [, quoted = ""] of source.matchAll(/"([\w.]+)"/g)) exact.add(quoted)
    for (const [, template = ""] of source.matchAll(/`((?:[\w.]+\.)?\$\{[^`]*)`/g)) {
      const [start = "", ...rest] = template.split(/\$\{[^}]*\}/)
      if (/^\w[\w.]*\.$/.test(start)) templates.push(new RegExp(`^${[start, ...rest].join("\\w+")}$`))
    }
  }
  return { exact, templates }
}

describe("the texts of the merchant's page", () => {
  it("exist in English, Spanish and Arabic", () => {
    expect(languages).to.include.members(["en", "es", "ar"])
  })

  it("are all used", () => {
    const { exact, templates } = quotedTexts()
    const unused = keys.filter((key) => !exact.has(key) && !templates.some((template) => template.test(key)))
    expect(unused).to.deep.equal([])
  })

  for (const language of languages) {
    const texts = textsOf(language)

    it(`have the same keys in ${language} as in English`, () => {
      expect(sorted([...texts.keys()].map(withoutPlural))).to.deep.equal(keys)
    })

    it(`have the plural forms that ${language} needs, and no other`, () => {
      const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions()
      for (const key of plurals) {
        const forms = [...texts.keys()].filter((each) => PLURAL.test(each) && withoutPlural(each) === key)
        expect(forms.toSorted(), key).to.deep.equal(pluralCategories.map((form) => `${key}_${form}`).toSorted())
      }
    })

    it(`have the same placeholders in ${language} as in English, and none is empty`, () => {
      for (const [key, text] of texts) {
        expect(text.trim(), key).to.not.equal("")
        const expected = placeholders(english.get(key) ?? english.get(`${withoutPlural(key)}_other`) ?? "")
        // A form for exactly one or two says the number in words.
        if (PLURAL.test(key)) expect(expected, key).to.include.members(placeholders(text))
        else expect(placeholders(text), key).to.deep.equal(expected)
      }
    })
  }
})
