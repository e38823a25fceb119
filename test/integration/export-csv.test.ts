import { randomUUID } from "node:crypto"
import { expect } from "chai"
import fc from "fast-check"
import { PublishEvent } from "../../contract/publish-event.ts"
import { publishEvent } from "../helpers/events.ts"
import { answer, post } from "../helpers/http.ts"
import { useProduct } from "../helpers/product.ts"
import { python, runPython } from "../helpers/python.ts"
import { skip } from "../helpers/skip.ts"

const COLUMNS = ["seq", "received_at", ...Object.keys(PublishEvent.shape)]

/** Rows as Python's csv reads them, with each of these characters between the cells. */
const READ_ROWS = `
import csv, io, json, sys
text = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", newline="").read()
print(json.dumps({d: list(csv.reader(io.StringIO(text, newline=""), delimiter=d)) for d in ",;\\t"}))
`

/** A cell that a spreadsheet would run, or might: it is no number, and a sign of a formula comes first, behind what is not seen. */
const RUNS = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]/u

/** Texts that have torn a row, or brought a formula past a guard. */
const TRICKY = [
  "Tea\n500 g",
  "Tea\r500 g",
  "Tea\r\n500 g",
  '"Tea"',
  "Tea, 500 g",
  " Tea ",
  "=1+1",
  "+1",
  "-1",
  "@SUM(A1)",
  "\n=1+1",
  "\r=1+1",
  "\t=1+1",
  " =1",
  "\u00a0=1",
  "\ufeff=1",
  "\u200b=1",
  "\u0000=1",
  ";=1",
  "x;=1;",
  "x; =1;",
  'x;"=1',
  "x\t=1\t",
  "x\n=1\n",
  "x\n;=1",
  "＝1+1",
  "＋1",
  "－1",
  "＠1",
  "x;＝1",
  "\u0000",
  "",
]

describe("GET /export/{shop_id}?format=csv", () => {
  const product = useProduct()

  /** The export of a shop that has an event for each text, which stands in all four of its texts. */
  async function exported(texts: readonly string[], query = ""): Promise<string> {
    const shop_id = randomUUID()
    const events = texts.map((text) =>
      publishEvent({ shop_id, action: text, product_name: text, UPC: text, category_id: text, product_price: -3.5 }),
    )
    for (let i = 0; i < events.length; i += 1000) {
      expect((await post(`${product.edgeUrl}/publish/${shop_id}`, events.slice(i, i + 1000))).status).to.equal(200)
    }
    const response = await fetch(`${product.edgeUrl}/export/${shop_id}?format=csv${query}`)
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await response.arrayBuffer())
  }

  /** Checks an export with an independent reader. */
  async function check(texts: readonly string[]): Promise<void> {
    const read = (await runPython(READ_ROWS, await exported(texts))) as Record<string, string[][]>
    const [header, ...rows] = read[","] ?? []
    expect(header).to.deep.equal(COLUMNS)
    expect(rows).to.have.length(texts.length)
    // Nothing is lost but what no reader takes: the guard only puts something in.
    const bare = (text = ""): string => text.replaceAll("'", "").replaceAll("\0", "\ufffd")
    for (const [i, row] of rows.entries()) {
      const [text, title] = [texts[i] ?? "", JSON.stringify(texts[i])]
      expect(row, title).to.have.length(COLUMNS.length)
      const cells = Object.fromEntries(COLUMNS.map((name, column) => [name, row[column]]))
      for (const name of ["action", "product_name", "UPC", "category_id"])
        expect(bare(cells[name]), title).to.equal(bare(text))
      expect([cells.product_id, cells.product_price, cells.basket_total]).to.deep.equal(["500100", "-3.5", "12.18"])
    }
    // Whichever of them separates in a spreadsheet of the reader's country.
    for (const [delimiter, found] of Object.entries(read)) {
      const running = found.flat().filter((cell) => RUNS.test(cell) && !Number.isFinite(Number(cell)))
      expect(running, `separated by ${JSON.stringify(delimiter)}`).to.deep.equal([])
    }
  }

  it("has 14 columns in each row, and no cell that a spreadsheet runs", async function () {
    if (python === undefined) skip(this, "python3, to read the CSV independently")
    await check(TRICKY)
  })

  it("[property] does so given any texts", async function () {
    if (python === undefined) skip(this, "python3, to read the CSV independently")
    const piece = fc.oneof(
      fc.constantFrom(..."=+-@＝＠;,\t\r\n\0 \"'a1\u00a0\u2028\u0085|"),
      fc.string({ unit: "grapheme", maxLength: 2 }),
    )
    const texts = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""))
    await fc.assert(fc.asyncProperty(fc.array(texts, { minLength: 200, maxLength: 1000 }), check), {
      numRuns: 5,
      endOnFailure: true,
    })
  })

  it("leaves a harmless text as it is", async () => {
    const csv = await exported(["Tea 500 g - 3 for 2 = cheap @ shop, it's new"])
    expect(csv).to.include(`,"Tea 500 g - 3 for 2 = cheap @ shop, it's new",`)
  })

  it("begins with a byte order mark given bom=1, and only then", async () => {
    expect(await exported(["Tea"])).to.match(/^seq,/)
    expect(await exported(["Tea"], "&bom=0")).to.match(/^seq,/)
    expect(await exported(["Tea"], "&bom=1")).to.match(/^\ufeffseq,/)
  })

  it("answers 422 given another bom, or one for NDJSON, which has none", async () => {
    for (const query of ["format=csv&bom=2", "format=csv&bom=", "bom=1", "format=ndjson&bom=1"]) {
      const { status, body } = await answer(fetch(`${product.edgeUrl}/export/${randomUUID()}?${query}`))
      expect([status, body.errors], query).to.deep.equal([
        422,
        [{ parameter: "bom", detail: "expected 0, or 1 with format=csv" }],
      ])
    }
  })
})
