import type { IncomingMessage } from "node:http"
import { expect } from "chai"
import { addressGroup, clientAddresses } from "res-service"

const request = (remoteAddress: string, forwarded?: string): IncomingMessage =>
  ({ socket: { remoteAddress }, headers: { "x-forwarded-for": forwarded } }) as unknown as IncomingMessage

describe("clientAddresses", () => {
  const { of, ofClient, isProxy } = clientAddresses(["10.0.0.0/8", "2001:db8::1"])

  it("tells proxies from others again after many addresses", () => {
    const addresses = clientAddresses(["10.0.0.0/8"])
    for (const octets of [0, 1, 2].flatMap((a) => Array.from({ length: 250 }, (_, b) => `${a}.${b}`))) {
      expect(addresses.isProxy(`10.0.${octets}`)).to.equal(true)
      expect(addresses.isProxy(`11.0.${octets}`)).to.equal(false)
      expect(addresses.isProxy("10.0.0.1")).to.equal(true)
      expect(addresses.isProxy("11.0.0.1")).to.equal(false)
    }
  })

  it("recognises a proxy by its peer address, in either form", () => {
    for (const peer of ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1"]) expect(isProxy(peer), peer).to.equal(true)
    for (const peer of ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::2", ""]) expect(isProxy(peer), peer).to.equal(false)
  })

  const cases: [string, string | undefined, string, string][] = [
    ["192.0.2.1", undefined, "192.0.2.1", "the peer's own"],
    ["192.0.2.1", "203.0.113.9", "192.0.2.1", "the peer's own, whatever it claims"],
    ["10.0.0.1", "203.0.113.9", "203.0.113.9", "what a trusted proxy says"],
    ["::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9", "what a trusted proxy on an IPv6 socket says"],
    ["2001:db8::1", "203.0.113.9", "203.0.113.9", "what a trusted proxy with IPv6 says"],
    [
      "10.0.0.1",
      "1.1.1.1, 203.0.113.9, 10.0.0.2",
      "203.0.113.9",
      "the last that is no proxy: the client's claims count not",
    ],
    ["10.0.0.1", "203.0.113.9:1234", "203.0.113.9", "an address of which a proxy says the port"],
    ["10.0.0.1", "203.0.113.9:1234, 10.0.0.2:80", "203.0.113.9", "an address behind a proxy of which the port is said"],
    ["10.0.0.1", "[2001:db8::9]:1234", "2001:db8::9", "an IPv6 address of which a proxy says the port"],
    ["10.0.0.1", "[2001:db8::9]", "2001:db8::9", "an IPv6 address in brackets"],
    ["10.0.0.1", '"[2001:db8::9]:1234"', "2001:db8::9", "an IPv6 address in quotes"],
    ["10.0.0.1", "2001:db8::9", "2001:db8::9", "a bare IPv6 address"],
    ["10.0.0.1", "203.0.113.9:1234:5", "10.0.0.1", "the proxy's when what it says only begins as an address"],
    ["10.0.0.1", undefined, "10.0.0.1", "the proxy's when it says nothing"],
    ["10.0.0.1", "unknown", "10.0.0.1", "the proxy's when what it says is no address"],
    ["10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3", "the farthest proxy's when there is nobody else"],
  ]
  for (const [peer, forwarded, expected, what] of cases) {
    it(`gives ${what}: ${peer}, X-Forwarded-For ${forwarded ?? "absent"}`, () =>
      expect(of(request(peer, forwarded))).to.equal(expected))

    it(`gives ${what}, for the client of a gateway: ${peer}, X-Forwarded-For ${forwarded ?? "absent"}`, () => {
      const remoteAddr = peer.includes(":") ? `[${peer}]:4321` : `${peer}:4321`
      const header = forwarded === undefined ? {} : { "X-Forwarded-For": [forwarded] }
      expect(ofClient({ remoteAddr, header })).to.equal(expected)
    })
  }
})

describe("addressGroup", () => {
  const cases: [string, string][] = [
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:0001:0002::9", "2001:db8:1:2::/64"],
    ["2001:db8::9", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["", ""],
  ]
  for (const [address, group] of cases) {
    it(`of ${address || "nothing"} is ${group || "nothing"}`, () => expect(addressGroup(address)).to.equal(group))
  }
})
