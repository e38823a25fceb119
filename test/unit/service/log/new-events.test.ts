import { expect } from "chai"
import { headers } from "nats"
import { contentHash, eventHeaders, sharedSessionIn } from "../../../../service/log/new-events.ts"

describe("the shared session of a message of the log", () => {
  const payloads = ["{}", "{}", "{}"]
  const messageHeaders = (fields: Readonly<Record<string, string>> | undefined) => {
    if (fields === undefined) return undefined
    const all = headers()
    for (const [name, value] of Object.entries(fields)) all.set(name, value)
    return all
  }

  it("comes out of the headers as it went in", () => {
    const events = { payloads, sharedSessions: ["party~1", null, undefined] }
    const read = payloads.map((_, i) => sharedSessionIn(messageHeaders(eventHeaders(events, i))))
    expect(read).to.deep.equal(["party~1", null, undefined])
    expect(eventHeaders({ payloads }, 0)).to.equal(undefined)
  })

  it("is none where another program has written something else", () => {
    expect(sharedSessionIn(messageHeaders({ "Shared-Session": "a b" }))).to.equal(undefined)
    expect(sharedSessionIn(messageHeaders({ Other: "party" }))).to.equal(undefined)
  })

  it("counts in the hash of a request's events, which is as before without one", () => {
    const hashes = [undefined, ["a"], ["b"], [null], [undefined, "a", "a"], ["a", undefined, "a"]].map(
      (sharedSessions) => contentHash({ payloads, sharedSessions }),
    )
    expect(new Set(hashes).size).to.equal(hashes.length)
    expect(contentHash({ payloads: ["{}"] })).to.equal("BtMDqbJ7mhPeuEyDe4SlDX1EIzk6rj-bA6c1Q3he4LM")
  })
})
