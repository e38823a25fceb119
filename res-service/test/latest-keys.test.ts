import { expect } from "chai"
import { LatestKeys } from "../src/latest-keys.ts"

describe("LatestKeys", () => {
  it("drops the key that was set least recently when there are too many", () => {
    const keys = new LatestKeys<string, number>(2)
    keys.set("a", 1).set("b", 2).set("a", 3).set("c", 4)
    expect([...keys]).to.deep.equal([
      ["a", 3],
      ["c", 4],
    ])
  })

  it("keeps keys that are undefined or false like any other", () => {
    const keys = new LatestKeys<unknown, number>(1)
    keys.set(undefined, 1).set(false, 2)
    expect([...keys]).to.deep.equal([[false, 2]])
    keys.set(undefined, 3)
    expect([...keys]).to.deep.equal([[undefined, 3]])
  })
})
