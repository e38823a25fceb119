import { expect } from "chai"
import { MongoBulkWriteError, MongoNetworkError } from "mongodb"
import { refusals } from "../../../../service/archive/write-errors.ts"

/** What the driver throws for a bulk of which these documents, by index, were refused with these codes. */
function bulkError(
  writeErrors: readonly { index: number; code: number; errmsg?: string }[],
  concern?: { code: number },
): MongoBulkWriteError {
  // Its constructor is the driver's own affair.
  const error: MongoBulkWriteError = Object.create(MongoBulkWriteError.prototype)
  return Object.assign(error, { writeErrors, result: { getWriteConcernError: () => concern } })
}

describe("refusals()", () => {
  it("a document that was there: exists; another index's duplicate: poison, with the index's name and no value", () => {
    const error = bulkError([
      {
        index: 0,
        code: 11000,
        errmsg: 'E11000 duplicate key error collection: db.events index: _id_ dup key: { _id: "x-1" }',
      },
      {
        index: 3,
        code: 11000,
        errmsg: 'E11000 duplicate key error collection: db.events index: own_1 dup key: { a: "Ann" }',
      },
    ])
    expect([...refusals(error)]).to.deep.equal([
      [0, { kind: "exists" }],
      [3, { kind: "poison", reason: "duplicate key (11000) in the index own_1" }],
    ])
  })

  it("a validator's refusal is poison, an unknown code is unclear", () => {
    const error = bulkError([
      { index: 0, code: 121, errmsg: "Document failed validation" },
      { index: 1, code: 999_999 },
    ])
    expect([...refusals(error).values()].map(({ kind }) => kind)).to.deep.equal(["poison", "unclear"])
  })

  for (const [name, code] of [
    ["not the primary", 10107],
    ["no space", 14031],
    ["not allowed to write", 13],
    ["shutting down", 91],
  ] as const) {
    it(`throws when the server is ${name}, also beside a duplicate: nothing is known to be done`, () => {
      const error = bulkError([
        { index: 0, code: 11000, errmsg: "index: _id_ dup key" },
        { index: 1, code },
      ])
      expect(() => refusals(error)).to.throw(MongoBulkWriteError)
    })
  }

  it("throws when the majority may lack what was written", () => {
    const error = bulkError([{ index: 0, code: 11000, errmsg: "index: _id_ dup key" }], { code: 64 })
    expect(() => refusals(error)).to.throw(MongoBulkWriteError)
  })

  it("throws on, what is about the whole bulk", () => {
    expect(() => refusals(new MongoNetworkError("gone"))).to.throw(MongoNetworkError, "gone")
    expect(() => refusals(bulkError([]))).to.throw(MongoBulkWriteError)
  })
})
