import { expect } from "chai"
import fc from "fast-check"
import { csvHead, csvRows, eventColumns } from "../../../contract/event-table.ts"
import { PublishEvent, type ShownEvent, samplePublishEvent } from "../../../contract/publish-event.ts"

const event: ShownEvent = { ...samplePublishEvent, seq: 7, received_at: "2026-01-01T00:00:00.000Z" }

/** The cells of CSV, read as RFC 4180 says. */
function cellsOf(csv: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain = "", end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    if (end === "" && quoted === undefined && plain === "") break
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === "\r\n") rows.push([])
  }
  return rows.slice(0, -1)
}

describe("a table of events in CSV", () => {
  const cells = (fields: Partial<ShownEvent>) => {
    const [row = []] = cellsOf(csvRows([{ ...event, ...fields }]))
    return Object.fromEntries(eventColumns.map((name, i) => [name, row[i]]))
  }

  it("has a column for each field of an event", () => {
    expect(eventColumns).to.deep.equal(["seq", "received_at", ...Object.keys(PublishEvent.shape)])
  })

  it("has a header and a row for each event, which end in CR LF", () => {
    expect(cellsOf(csvHead)).to.deep.equal([[...eventColumns]])
    expect(csvRows([event, event])).to.equal(
      "7,2026-01-01T00:00:00.000Z,4e29b2d3-7c8a-446e-a4e1-d8e2a51c0e94,123e4567-e89b-42d3-a456-426614174000,ab29b2d3-7c8a-446e-a4e1-d8e2a51c0e94,101,2023-12-18T10:30:00.000Z,ADD,FUJI Apples,500100,3.5,042100005264,fruit,12.18\r\n".repeat(
        2,
      ),
    )
  })

  for (const [number, expected] of [
    [3.5, "3.5"],
    [0.1 + 0.2, "0.30000000000000004"],
    [1e-7, "0.0000001"],
    [-1.25e-8, "-0.0000000125"],
    [Number.MAX_SAFE_INTEGER, "9007199254740991"],
  ] as const) {
    it(`writes all digits of ${number}`, () => {
      expect(cells({ product_price: number }).product_price).to.equal(expected)
      expect(Number(expected)).to.equal(number)
    })
  }

  it("[property] keeps each number exactly, without an exponent", () => {
    fc.assert(
      fc.property(fc.double({ min: -(2 ** 53), max: 2 ** 53, noNaN: true }), (number) => {
        const { basket_total = "" } = cells({ basket_total: number })
        expect(Number(basket_total)).to.equal(number === 0 ? 0 : number)
        expect(basket_total).to.match(/^-?\d+(\.\d+)?$/)
      }),
    )
  })

  it("[property] keeps each text but for the guard against formulas", () => {
    const unit = fc.constantFrom(..."=+-@,;\t\r\n \"'a1é")
    fc.assert(
      fc.property(fc.string({ unit }), (product_name) => {
        const cell = cells({ product_name }).product_name ?? ""
        expect(cell.replaceAll("'", "")).to.equal(product_name.replaceAll("'", ""))
        expect(cell).to.not.match(/^\s*[=+\-@]/)
      }),
    )
  })
})
