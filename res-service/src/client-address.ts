import type { IncomingMessage } from "node:http"
import { BlockList, isIP, isIPv6 } from "node:net"
import type { AuthRequest } from "./service/request.ts"

/** Tells which address a request or connection comes from. */
export interface ClientAddresses {
  /** The client's address: the peer's, or behind trusted proxies the last one in `X-Forwarded-For` that is none of them. */
  of(request: IncomingMessage): string
  /**
   * The same for the client of a gateway, which says in its auth requests how the client is connected; undefined when this one
   * does not say.
   */
  ofClient(request: Pick<AuthRequest<string, unknown>, "remoteAddr" | "header">): string | undefined
  /** Whether a peer is a trusted proxy, which brings many clients over its connections. */
  isProxy(address: string): boolean
}

/**
 * Anybody can send an `X-Forwarded-For`, so only what trusted proxies have added counts: it is read from its end.
 *
 * @param trusted addresses and networks (`10.0.0.0/8`) of reverse proxies
 */
export function clientAddresses(trusted: readonly string[]): ClientAddresses {
  const proxies = new BlockList()
  for (const each of trusted) {
    const [address = "", bits] = each.split("/")
    if (bits === undefined) proxies.addAddress(address, familyOf(address))
    else proxies.addSubnet(address, Number(bits), familyOf(address))
  }
  const isProxy = (peer: string): boolean => {
    const address = plain(peer)
    return isIP(address) !== 0 && proxies.check(address, familyOf(address))
  }

  const behindProxies = (peer: string, forwardedFor: string): string => {
    let address = plain(peer)
    const hops = forwardedFor.split(",")
    while (isProxy(address)) {
      const hop = plain(withoutPort(hops.pop()?.trim() ?? ""))
      if (isIP(hop) === 0) break
      address = hop
    }
    return address
  }

  return {
    isProxy,
    of: ({ socket, headers }) =>
      behindProxies(socket.remoteAddress ?? "", (headers["x-forwarded-for"] ?? "").toString()),
    ofClient: ({ remoteAddr, header }) =>
      remoteAddr === undefined
        ? undefined
        : behindProxies(withoutPort(remoteAddr), (header["X-Forwarded-For"] ?? []).join(",")),
  }
}

/** What counts as one client: an IPv4 address, or a network of 64 bits, for a single IPv6 client has that many addresses. */
export function addressGroup(address: string): string {
  const text = plain(address)
  if (!isIPv6(text)) return text
  const [before = "", after] = text.split("::")
  const head = before === "" ? [] : before.split(":")
  const tail = after === undefined || after === "" ? [] : after.split(":")
  const zeros = after === undefined ? 0 : Math.max(0, 8 - head.length - tail.length)
  const groups = [...head, ...Array<string>(zeros).fill("0"), ...tail]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`
}

/** An address of which a proxy or gateway has told the port too: `203.0.113.9:1234`, `[2001:db8::1]:1234`; also `[2001:db8::1]`. */
function withoutPort(hop: string): string {
  return hop.replace(/^"?\[([^\]]*)\](?::\d+)?"?$/, "$1").replace(/^"?([\d.]+):\d+"?$/, "$1")
}

/** An IPv4 address of an IPv6 socket as such, and no zone. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "")
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4"
}
