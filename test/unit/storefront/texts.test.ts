import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "chai"
import { projectDir } from "../../../config/project-dir.ts"
import { languages } from "../../../web/storefront/language.ts"
import { errorText, sayer, type Texts } from "../../../web/storefront/texts.ts"

const folder = join(projectDir, "web/storefront")

function textsOf(language: string): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(join(folder, "texts", `${language}.json`), "utf8"))
}

const PLURAL = /\.(zero|one|two|few|many)$/
const english = textsOf("en")
const names = Object.keys(english)
const counted = names.filter((name) => PLURAL.test(name)).map((name) => name.replace(PLURAL, ""))
const places = (text = ""): string[] => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).toSorted()

describe("the widget's texts", () => {
  it("fill their places, and leave what is no place of theirs", () => {
    const say = sayer({ "said.joined": "{name} ist da {zeit}" })
    expect(say("said.joined", { name: "{count}" })).to.equal("{count} ist da {zeit}")
    expect(say("panel.leave")).to.equal("Leave")
  })

  it("have plural forms, which a shop may set, too", () => {
    expect([1, 2].map((count) => sayer({})("member.pieces", { count }))).to.deep.equal(["1 item", "2 items"])
    const german = sayer({ "member.pieces.one": "ein Stück", "member.pieces": "{count} Stück" })
    expect([1, 2].map((count) => german("member.pieces", { count }))).to.deep.equal(["ein Stück", "2 Stück"])
    const arabic = sayer({}, textsOf("ar") as Texts, "ar")
    expect(new Set([1, 2, 3, 11, 100].map((count) => arabic("member.pieces", { count }))).size).to.equal(5)
  })

  it("name errors by codes that exist, and any other by its code", () => {
    const codes = readFileSync(join(projectDir, "docs/errors.md"), "utf8")
    const named = names.filter((name) => name.startsWith("error.") && name !== "error.other")
    expect(named.length).to.be.greaterThan(5)
    for (const name of named) expect(codes).to.include(`\`${name.slice("error.".length)}\``)
    expect(errorText(sayer({}), "session.full")).to.equal("The session is full.")
    expect(errorText(sayer({}), "x.y")).to.equal("That didn’t work (x.y).")
  })

  it("are all used", () => {
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(join(folder, file), "utf8"))
      .join("\n")
    const templates = [...sources.matchAll(/`([\w.]+\.)\$\{\w+\}`/g)].map(([, start = ""]) => start)
    const isUsed = (name: string): boolean =>
      sources.includes(`"${name}"`) || templates.some((start) => name.startsWith(start)) || PLURAL.test(name)
    expect(names.filter((name) => !isUsed(name))).to.deep.equal([])
  })

  it("exist in the languages that the widget knows", () => {
    const files = readdirSync(join(folder, "texts")).map((file) => file.replace(".json", ""))
    expect(languages.toSorted()).to.deep.equal(files.toSorted())
    expect(languages).to.include.members(["en", "es", "ar"])
  })

  for (const language of languages) {
    const texts = textsOf(language)

    it(`have the same names and placeholders in ${language} as in English, and none is empty`, () => {
      const withoutPlurals = (all: readonly string[]) => all.filter((name) => !PLURAL.test(name)).toSorted()
      expect(withoutPlurals(Object.keys(texts))).to.deep.equal(withoutPlurals(names))
      for (const name of withoutPlurals(names)) {
        expect(texts[name]?.trim(), name).to.not.equal("")
        expect(places(texts[name]), name).to.deep.equal(places(english[name]))
      }
    })

    it(`have the plural forms that ${language} uses for whole numbers`, () => {
      const rules = new Intl.PluralRules(language)
      const forms = new Set([1, 2, 3, 11, 100].map((count) => rules.select(count)))
      forms.delete("other")
      for (const name of counted) {
        const own = Object.keys(texts).filter((each) => PLURAL.test(each) && each.startsWith(`${name}.`))
        expect(own.toSorted(), name).to.deep.equal([...forms].map((form) => `${name}.${form}`).toSorted())
      }
    })
  }
})
