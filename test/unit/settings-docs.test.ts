import { readFileSync } from "node:fs"
import { expect } from "chai"
import { settingsDocs } from "../../config/settings.ts"
import { settingsPage } from "../../tools/docs/settings-page.ts"

describe("docs/settings.md", () => {
  it("says what config/settings.ts says (if not: npm run docs)", () => {
    const page = readFileSync(new URL("../../docs/settings.md", import.meta.url), "utf8")
    expect(page).to.equal(settingsPage(settingsDocs()))
  })
})
