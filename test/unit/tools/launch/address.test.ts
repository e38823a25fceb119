import { expect } from "chai"
import { connectHost, shownHost, shownUrl, withoutLogins } from "../../../../tools/launch/address.ts"

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

describe("withoutLogins()", () => {
  const cases: [string, string][] = [
    ["Connecting to NATS at nats://gateway:secret@127.0.0.1:4222", "Connecting to NATS at nats://***@127.0.0.1:4222"],
    ["tls://token@a.example, nats://b:c@d.example", "tls://***@a.example, nats://***@d.example"],
    ["nats://127.0.0.1:4222 and ann@example.org", "nats://127.0.0.1:4222 and ann@example.org"],
  ]
  for (const [line, shown] of cases) it(`makes "${shown}" of a line`, () => expect(withoutLogins(line)).to.equal(shown))
})
