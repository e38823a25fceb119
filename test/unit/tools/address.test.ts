import { expect } from "chai"
import { connectHost, shownHost, shownUrl } from "../../../tools/address.ts"

describe("connectHost() and shownHost()", () => {
  const cases = [
    ["127.0.0.1", "127.0.0.1", "127.0.0.1"],
    ["0.0.0.0", "127.0.0.1", "localhost"],
    ["::", "[::1]", "localhost"],
    ["::1", "[::1]", "[::1]"],
  ] as const
  for (const [host, connected, shown] of cases) {
    it(`give ${connected} and ${shown} for HOST=${host}`, () => {
      expect(connectHost(host)).to.equal(connected)
      expect(shownHost(host)).to.equal(shown)
    })
  }
})

describe("shownUrl()", () => {
  it("leaves out user and password, and the final slash", () => {
    expect(shownUrl("nats://ann:s3cret@nats.example:4222")).to.equal("nats://nats.example:4222")
    expect(shownUrl("https://gateway.example/")).to.equal("https://gateway.example")
  })
})
