import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "chai"
import { projectDir } from "../../config/project-dir.ts"
import { type Figures, sizingTables, withSizingTables } from "../../tools/docs/sizing-table.ts"
import { navigation } from "../../tools/site/navigation.ts"
import { docBlocks } from "../helpers/doc-block.ts"

const read = (file: string): string => readFileSync(join(projectDir, file), "utf8")
const pages = navigation().flatMap(({ items }) => items.map(({ page }) => page))
const runbooks = pages.filter((page) => page.startsWith("docs/operate/"))

describe("the pages of the site", () => {
  it("has only commands that a test runs by their name, or that it says are not run", () => {
    const tests = readdirSync(join(projectDir, "test"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".test.ts"))
      .map((file) => read(join("test", file)))
    for (const page of pages)
      for (const { code, language, run, isNotRun } of docBlocks(page)) {
        if (language !== "sh" && run === undefined) continue
        expect(
          run !== undefined || isNotRun,
          `${page}: expected "sh run=NAME" and a test, or "sh not-run": ${code}`,
        ).to.equal(true)
        if (isNotRun && runbooks.includes(page))
          expect(read(page), `${page}: says that a block is not run, and why`).to.match(/\*Not run by a test/)
        if (run === undefined) continue
        const runs = tests.filter((text) => text.includes(`"${page}"`) && text.includes(`"${run}"`))
        expect(runs, `${page}: ${language} run=${run} has no test`).to.not.deep.equal([])
      }
  })

  it("names only scripts and files that exist, in runbooks", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> }
    for (const page of runbooks) {
      const text = read(page)
      for (const [, name = ""] of text.matchAll(/npm run ([\w:-]+)/g)) expect(scripts, page).to.have.property(name)
      for (const [, file = ""] of text.matchAll(/`((?:test|config|deploy)\/[\w./@-]+\w)`/g))
        expect(() => read(file), `${page}: ${file}`).to.satisfy(exists)
    }
  })

  it("sizes machines by docs/figures.json and docs/scaling.md (if not: npm run docs)", () => {
    const tables = sizingTables(JSON.parse(read("docs/figures.json")) as Figures, read("docs/scaling.md"))
    const page = read("docs/operate/sizing.md")
    expect(tables.match(/^\|/gm)).to.have.length(5 + 5)
    expect(page).to.include(tables)
    expect(withSizingTables(page, tables)).to.equal(page)
  })
})

function exists(reading: () => string): boolean {
  try {
    reading()
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EISDIR"
  }
}
