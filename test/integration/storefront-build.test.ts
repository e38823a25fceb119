import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { expect } from "chai"
import { pagesDir } from "../../config/project-dir.ts"
import { buildPages } from "../helpers/built-pages.ts"

/** What a shop's page may have to load, in bytes and gzipped. */
const MAX_BYTES = 25_000

describe("web/dist/storefront/widget.js", () => {
  let widget: Buffer

  before(async () => {
    await buildPages()
    widget = readFileSync(join(pagesDir, "storefront/widget.js"))
  })

  it(`has at most ${MAX_BYTES} bytes, gzipped`, () => {
    expect(gzipSync(widget).length).to.be.within(1000, MAX_BYTES)
  })

  it("is whole in itself: a script that no module system is needed for, and that loads only its own further files", () => {
    const text = widget.toString()
    expect(text).to.match(/^\(function\(\)\{/)
    // Other languages and QR codes, when they are needed.
    const further = /\bimport\(`\$\{\w+\}\/storefront\/\$\{\w+\}`\)/
    expect(text).to.match(further)
    expect(text.replace(further, "")).to.not.match(
      /\bimport\s*[({"'`]|\brequire\(|\bexport\s*[{*]|\beval\(|new Function/,
    )
    expect(text).to.not.match(/@import|\burl\(["'`]?(https?:|data:|\/)/)
  })
})
