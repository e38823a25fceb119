import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "chai"
import { apiPage, readExports } from "../../tools/api-page.ts"

const LIBRARY = fileURLToPath(new URL("../../", import.meta.url))

function filesIn(folder: string): string[] {
  return readdirSync(join(LIBRARY, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/[/\\](dist|node_modules)([/\\]|$)/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name))
}

/** "@a/b" of "@a/b/c". */
function packageOf(imported: string): string {
  return imported
    .split("/")
    .slice(0, imported.startsWith("@") ? 2 : 1)
    .join("/")
}

describe("res-service/src", () => {
  it("imports only its own files, its dependencies and Node", () => {
    const { dependencies } = JSON.parse(readFileSync(join(LIBRARY, "package.json"), "utf8"))
    const known = Object.keys(dependencies)
    const strange = filesIn("src").flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/(?<!\.)\b(?:from|import)\s*\(?"([^"]+)"/g)]
        .map(([, imported = ""]) => imported)
        .filter((imported) => {
          if (!imported.startsWith(".")) return !imported.startsWith("node:") && !known.includes(packageOf(imported))
          return relative(join(LIBRARY, "src"), join(dirname(file), imported)).startsWith("..")
        })
        .map((imported) => `${relative(LIBRARY, file)}: ${imported}`),
    )
    expect(strange).to.deep.equal([])
  })

  it("exports everything that the API page lists, under its name", async () => {
    const exported = readExports()
    expect(exported.filter(({ name, code }) => !/^\w+$/.test(name) || !code.includes(name))).to.deep.equal([])
    const values = (entry: string) =>
      exported
        .filter((each) => each.entry === entry && /^(abstract class|class|function|const)\b/.test(each.code))
        .map(({ name }) => name)
    for (const entry of ["res-service", "res-service/client", "res-service/gateway", "res-service/testing"]) {
      const runtime = Object.keys((await import(entry)) as object)
      expect(
        runtime.filter((name) => !values(entry).includes(name)),
        entry,
      ).to.deep.equal([])
    }
  })

  it("has a docstring for everything that the package exports", () => {
    const bare = readExports().filter(({ docs }) => docs === "")
    const names = bare.map(({ entry, name }) => `${entry}: ${name}`)
    expect(names).to.deep.equal([])
  })

  it("is what docs/api.md was made from (`npm run api -w res-service`)", () => {
    expect(readFileSync(join(LIBRARY, "docs/api.md"), "utf8")).to.equal(apiPage(readExports()))
  })
})

describe("res-service/", () => {
  it("contains no word of the product that uses it", () => {
    const words =
      /\b(shop|shops|shopper|shopping|merchant|basket|baskets|cart|carts|multicart|storefront|checkout)s?\b|shop_/i
    const found = ["."].flatMap(filesIn).filter((file) => {
      const own = file === fileURLToPath(import.meta.url)
      return !own && /\.(ts|mjs|md|json)$/.test(file) && words.test(readFileSync(file, "utf8"))
    })
    expect(found.map((file) => relative(LIBRARY, file))).to.deep.equal([])
  })
})
