import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect } from "chai"
import { Durations } from "../../runner/durations.ts"

describe("Durations", () => {
  let folder: string
  let file: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "shopwire-durations-"))
    file = join(folder, "cache/durations.json")
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  it("puts files that were never measured in the order of what their folders typically take", () => {
    const files = [
      "test/unit/a.test.ts",
      "test/integration/b.test.ts",
      "test/chaos/c.test.ts",
      "test/browser/d.test.ts",
    ]
    expect(new Durations(file).longestFirst(files)).to.deep.equal([files[2], files[3], files[1], files[0]])
  })

  it("goes by what was measured, also in the next run", () => {
    const durations = new Durations(file)
    durations.learn("test/unit/a.test.ts", 90_000)
    durations.learn("test/chaos/c.test.ts", 10)
    durations.save()
    const files = ["test/chaos/c.test.ts", "test/integration/b.test.ts", "test/unit/a.test.ts"]
    expect(new Durations(file).longestFirst(files)).to.deep.equal(files.toReversed())
  })

  it("begins afresh when its file is no JSON", () => {
    writeFileSync(join(folder, "broken.json"), "{")
    expect(new Durations(join(folder, "broken.json")).longestFirst(["b", "a"])).to.deep.equal(["b", "a"])
  })
})
