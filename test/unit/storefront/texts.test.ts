import { readFileSync } from "node:fs"
import { expect } from "chai"
import { englishTexts, errorText, sayer } from "../../../web/storefront/texts.ts"

describe("the widget's texts", () => {
  it("fill their places, and leave what is no place of theirs", () => {
    const say = sayer({ "said.joined": "{name} ist da {zeit}" })
    expect(say("said.joined", { name: "{count}" })).to.equal("{count} ist da {zeit}")
    expect(say("panel.leave")).to.equal("Leave")
  })

  it("name errors by codes that exist, and any other by its code", () => {
    const codes = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8")
    const named = Object.keys(englishTexts).filter((name) => name.startsWith("error.") && name !== "error.other")
    expect(named.length).to.be.greaterThan(5)
    for (const name of named) expect(codes).to.include(`\`${name.slice("error.".length)}\``)
    expect(errorText(sayer({}), "session.full")).to.equal("The session is full.")
    expect(errorText(sayer({}), "x.y")).to.equal("That did not work (x.y).")
  })
})
