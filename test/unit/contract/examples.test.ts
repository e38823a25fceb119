import { expect } from "chai"
import { type Example, examples, methodsOfGateways } from "../../../contract/examples.ts"
import { clientPayloads, serverPayloads } from "../../../contract/legacy.ts"
import { legacyExamples } from "../../../contract/legacy-examples.ts"
import { resources } from "../../../contract/resources.ts"
import { catalogue } from "../../../contract/shopwire.ts"
import { makeCatalogue } from "../../../service/catalogue.ts"

describe("contract/examples.ts", () => {
  /** A request that the contracts allow, as a line of text. */
  const titleOf = ({
    contract,
    kind,
    method,
    query,
  }: Pick<Example, "contract" | "kind" | "method" | "query">): string =>
    [
      kind,
      contract.pattern.source,
      ...(method === undefined ? [] : [method]),
      ...(query === undefined ? [] : ["with a query"]),
    ].join(" ")

  it("has an example of each get, query, call and login that the contracts declare", () => {
    // Its only example would be itself.
    const exampled = resources.filter((contract) => contract !== catalogue)
    const declared = exampled.flatMap((contract) => {
      const { value, query, calls, auth } = contract.describe()
      return [
        ...(value === undefined ? [] : [titleOf({ contract, kind: "get" })]),
        ...(query === undefined ? [] : [titleOf({ contract, kind: "get", query })]),
        ...Object.keys(calls).map((method) => titleOf({ contract, kind: "call", method })),
        ...Object.keys(auth)
          .filter((method) => !methodsOfGateways.includes(method))
          .map((method) => titleOf({ contract, kind: "auth", method })),
      ]
    })
    expect(declared.length).to.be.above(30)
    const missing = declared.filter((title) => !examples.some((example) => titleOf(example) === title))
    expect(missing, "add an example of these, in an order in which it is answered").to.deep.equal([])
  })

  it("is in the catalogue, which fits into a message of NATS", () => {
    const { resources: catalogued, errors } = makeCatalogue()
    const feed = catalogued.find(({ pattern }) => pattern === "store.$shop_id.feed")
    expect(feed?.example?.rid).to.equal("store.123e4567-e89b-42d3-a456-426614174000.feed")
    expect(feed?.calls.publish?.example).to.deep.include({ answer: { seq: 1 } })
    expect(errors.map(({ code }) => code)).to.include.members(["system.notFound", "store.shopMismatch"])
    expect(JSON.stringify(makeCatalogue()).length).to.be.below(512 * 1024)
  })
})

describe("contract/legacy-examples.ts", () => {
  it("has an example of each message of the old protocol", () => {
    const sent = new Set<string>(legacyExamples.map(({ sends }) => sends.event))
    const told = new Set<string>(
      legacyExamples.flatMap(({ answer, other }) => [answer.event, ...(other ? [other.told.event] : [])]),
    )
    const missing = [
      ...Object.keys(clientPayloads).filter((event) => !sent.has(event)),
      ...Object.keys(serverPayloads).filter((event) => !told.has(event)),
    ]
    expect(missing, "add an example of these, in an order in which it is answered").to.deep.equal([])
  })
})
