import { expect } from "chai"
import { edgeUrlOf } from "../../../clients/js/src/edge-url.ts"

describe("edgeUrlOf", () => {
  it("takes an edge's address with and without a slash at its end", () => {
    const of = (edge: string) => edgeUrlOf(edge, "/publish")
    expect(["https://a.example", "https://a.example/", "https://a.example//"].map(of)).to.deep.equal(
      Array(3).fill("https://a.example/publish"),
    )
    expect(["https://a.example/edge/", "", "/"].map(of)).to.deep.equal([
      "https://a.example/edge/publish",
      "/publish",
      "/publish",
    ])
  })
})
