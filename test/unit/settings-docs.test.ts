import { readFileSync } from "node:fs"
import { expect } from "chai"
import { settingsDocs } from "../../config/settings.ts"
import { envExample } from "../../tools/docs/env-example.ts"
import { settingsPage } from "../../tools/docs/settings-page.ts"

describe("docs/settings.md", () => {
  it("says what config/settings.ts says (if not: npm run docs)", () => {
    const page = readFileSync(new URL("../../docs/settings.md", import.meta.url), "utf8")
    expect(page).to.equal(settingsPage(settingsDocs()))
  })
})

describe(".env.example", () => {
  const text = readFileSync(new URL("../../.env.example", import.meta.url), "utf8")

  it("says what config/settings.ts says (if not: npm run docs)", () => {
    expect(text).to.equal(envExample(settingsDocs()))
  })

  it("has every setting with its default, and sets nothing", () => {
    for (const { name, default: fallback } of settingsDocs())
      expect(text).to.match(new RegExp(`^#${name}=${fallback ?? ""}$`, "m"))
    expect(text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))).to.deep.equal([])
    expect(Math.max(...text.split("\n").map((line) => line.length))).to.be.at.most(120)
  })
})
