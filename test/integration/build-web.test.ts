import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { expect } from "chai"
import { pagesDir, projectDir } from "../../config/project-dir.ts"
import { runCommand } from "../../tools/programs/run-command.ts"
import { buildPages } from "../helpers/built-pages.ts"

/** What a first load may cost, in bytes. */
const FIRST_LOAD_BYTES = 160_000

describe("npm run build:web", () => {
  before(() => buildPages())

  it("builds nothing that is as its sources", async () => {
    const file = join(pagesDir, "merchant/index.html")
    const before = readFileSync(file, "utf8")
    const args = ["--import=tsx", "tools/web/cli.ts"]
    const { ok, stderr } = await runCommand(process.execPath, args, { cwd: projectDir, timeoutMs: 60_000 })
    expect({ ok, stderr }).to.deep.equal({ ok: true, stderr: "" })
    expect(readFileSync(file, "utf8")).to.equal(before)
  })

  it("makes a merchant's page of less than 160 kB for a first load, gzipped, with nothing inline", () => {
    const html = readFileSync(join(pagesDir, "merchant/index.html"), "utf8")
    const named = [...html.matchAll(/(?:src|href)="\/merchant\/([^"]+)"/g)].map(([, file = ""]) => file)
    expect(html.match(/<script[^>]*src=/g)).to.have.length(1)
    // The page asks for all of it at once.
    expect(html.match(/<link rel="modulepreload"/g)).to.have.length(
      named.filter((file) => file.endsWith(".js")).length - 1,
    )
    const bytes = named.map((file) => gzipSync(readFileSync(join(pagesDir, "merchant", file))).length)
    expect(bytes.reduce((sum, each) => sum + each, html.length)).to.be.below(FIRST_LOAD_BYTES)
    expect(html).to.not.match(/<script(?![^>]*src=)|<style|style=|onload=/)
  })

  it("keeps a compressed copy beside what is worth it", () => {
    const html = readFileSync(join(pagesDir, "merchant/index.html"), "utf8")
    const script = /src="\/merchant\/([^"]+\.js)"/.exec(html)?.[1] ?? ""
    const plain = readFileSync(join(pagesDir, "merchant", script))
    for (const ending of [".br", ".gz"]) {
      expect(readFileSync(join(pagesDir, "merchant", `${script}${ending}`)).length).to.be.below(plain.length / 2)
    }
  })
})
