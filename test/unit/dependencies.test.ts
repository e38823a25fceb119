import { readdirSync, readFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { fileURLToPath } from "node:url"
import { expect } from "chai"

const root = fileURLToPath(new URL("../../", import.meta.url))
/** The folders of the processes that run in production. */
const FOLDERS = ["edge", "service", "config", "limits"]

describe("package.json", () => {
  it("has every package that edge and service import among the dependencies of production", () => {
    const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, "utf8"))
    const imported = new Set<string>()
    const files = FOLDERS.flatMap((folder) =>
      readdirSync(root + folder, { recursive: true, encoding: "utf8" }).map((name) => `${root}${folder}/${name}`),
    )
    for (const file of files.filter((name) => name.endsWith(".ts"))) {
      const source = readFileSync(file, "utf8")
      for (const [, name = ""] of source.matchAll(/^(?:import|export) (?!type )[^"]*?from "([^".][^"]*)"/gm)) {
        if (!isBuiltin(name)) imported.add(name.split("/", name.startsWith("@") ? 2 : 1).join("/"))
      }
    }
    expect(imported).to.include("express")
    expect(Object.keys(dependencies)).to.include.members([...imported])
  })
})
