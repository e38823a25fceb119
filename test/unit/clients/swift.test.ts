import { readFileSync } from "node:fs"
import { expect } from "chai"
import { MAX_BATCH_EVENTS, MAX_EVENT_BYTES } from "../../../contract/limits.ts"
import { PublishEvent } from "../../../contract/publish-event.ts"
import { MAX_BODY_BYTES } from "../../../edge/http/json-body.ts"

const read = (file: string): string => readFileSync(new URL(`../../../clients/swift/${file}`, import.meta.url), "utf8")

describe("clients/swift", () => {
  it("has the fields of the contract's event, by their names on the wire", () => {
    const [keys = ""] =
      /enum CodingKeys[^}]*CaseIterable \{[^}]*\}/.exec(read("Sources/Shopwire/PublishEvent.swift")) ?? []
    const names = [...keys.matchAll(/case \w+ = "(\w+)"/g)].map(([, name]) => name)
    expect(names).to.deep.equal(Object.keys(PublishEvent.shape))
  })

  it("has the limits of the contract", () => {
    const source = read("Sources/Shopwire/PublishRequest.swift")
    const limit = (name: string): number => {
      const [, value = ""] = new RegExp(`static let ${name} = ([\\d_ *]+)`).exec(source) ?? []
      return value.split("*").reduce((product, factor) => product * Number(factor.replaceAll("_", "")), 1)
    }
    expect(limit("maxBatchEvents")).to.equal(MAX_BATCH_EVENTS)
    expect(limit("maxEventBytes")).to.equal(MAX_EVENT_BYTES)
    expect(limit("maxBodyBytes")).to.equal(MAX_BODY_BYTES)
  })

  it("shows in its README the examples that the package compiles", () => {
    const readme = read("README.md")
    for (const example of ["publish", "outbox"]) {
      expect(readme).to.include(`\`\`\`swift\n${read(`Examples/${example}/main.swift`)}\`\`\`\n`)
    }
  })

  it("compiles the other snippets of its README in its tests", () => {
    const snippets = [...read("README.md").matchAll(/```swift\n(.*?)```/gs)].map(([, text = ""]) => text)
    const compiled = withoutIndent(read("Tests/ShopwireTests/ReadmeSnippets.swift"))
    const others = snippets.filter((snippet) => !snippet.startsWith("import "))
    expect(others).to.have.length(2)
    for (const snippet of others) expect(compiled).to.include(withoutIndent(snippet))
  })
})

function withoutIndent(text: string): string {
  return text.replaceAll(/^ +/gm, "")
}
