import { readdirSync, readFileSync } from "node:fs"
import { builtinModules } from "node:module"
import { join } from "node:path"
import { expect } from "chai"
import { projectDir } from "../../config/project-dir.ts"

interface Package {
  readonly name: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

function packageIn(folder: string): Package {
  return JSON.parse(readFileSync(join(projectDir, folder, "package.json"), "utf8")) as Package
}

/** Packages that the sources of a folder load when they run, by the file that does. */
function imported(folder: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const file of readdirSync(join(projectDir, folder), { recursive: true, encoding: "utf8" })) {
    if (!/\.m?[jt]sx?$/.test(file)) continue
    const text = readFileSync(join(projectDir, folder, file), "utf8")
    const erased = text.replaceAll(/^(import|export) type [^"]*"[^"]*"/gm, "")
    for (const [, from, dynamic] of erased.matchAll(/(?:\bfrom|^import) "([^"]+)"$|import\("([^"]+)"\)/gm)) {
      const specifier = from ?? dynamic ?? ""
      const [first = "", second = ""] = specifier.split("/")
      const name = first.startsWith("@") ? `${first}/${second}` : first
      if (!specifier.startsWith(".") && !specifier.startsWith("node:") && !builtinModules.includes(name))
        found.set(name, join(folder, file))
    }
  }
  return found
}

describe("package.json", () => {
  const product = packageIn(".")
  const programs = ["contract", "edge", "service", "config", "limits", "observe"]

  for (const folder of programs) {
    it(`has what ${folder} needs in production among its dependencies`, () => {
      const missing = [...imported(folder)].filter(([name]) => !(name in product.dependencies))
      expect(missing).to.deep.equal([])
    })
  }

  it("has what bench needs, among what only development needs too", () => {
    const known = { ...product.dependencies, ...product.devDependencies }
    expect([...imported("bench")].filter(([name]) => !(name in known))).to.deep.equal([])
    expect([...imported("bench").keys()]).to.include("autocannon")
  })

  it("has nothing but zod and res-service for contract, which pages load too", () => {
    expect([...imported("contract").keys()].toSorted()).to.deep.equal(["res-service", "zod"])
  })

  it("has no dependency that nothing of the product imports", () => {
    const used = new Set([...programs, "tools", "cli"].flatMap((folder) => [...imported(folder).keys()]))
    expect(Object.keys(product.dependencies).filter((name) => !used.has(name))).to.deep.equal([])
  })

  for (const [folder, builtIn] of [
    ["res-service", []],
    // The declarations of contract/ become a part of it.
    ["clients/js", ["contract"]],
    ["clients/react", []],
  ] as const) {
    it(`of ${folder} has all that its sources need, and nothing else`, () => {
      const { name, dependencies, peerDependencies = {} } = packageIn(folder)
      const used = new Set([`${folder}/src`, ...builtIn].flatMap((each) => [...imported(each).keys()]))
      const own = [name, ...(builtIn.length === 0 ? [] : ["res-service"])]
      expect([...used].filter((each) => !own.includes(each)).toSorted()).to.deep.equal(
        Object.keys({ ...dependencies, ...peerDependencies }).toSorted(),
      )
    })
  }
})
