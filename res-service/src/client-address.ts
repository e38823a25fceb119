import type { IncomingMessage } from "node:http"
import { BlockList, isIP, isIPv6 } from "node:net"
import type { AuthRequest } from "./service/request.ts"

/** How many of the latest addresses are remembered as proxies or not, because a `BlockList` takes microseconds to tell. */
const REMEMBERED = 500

/** Finds the client address of a request or connection. */
export interface ClientAddresses {
  /**
   * The client's address: the peer's. If the peer is a trusted proxy, the last address in `X-Forwarded-For` that is not a trusted
   * proxy.
   */
  of(request: IncomingMessage): string
  /**
   * The same for a client of a gateway, from what the gateway's auth request tells about the connection. Undefined if it tells
   * nothing.
   */
  ofClient(request: Pick<AuthRequest<string, unknown>, "remoteAddr" | "header">): string | undefined
  /** Whether the peer is a trusted proxy, whose connections carry the requests of many clients. */
  isProxy(address: string): boolean
}

/**
 * Anyone can send an `X-Forwarded-For` header, so only the addresses that trusted proxies added count: it is read from its end.
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
  const remembered = new Map<string, boolean>()
  const isProxy = (peer: string): boolean => {
    const address = plain(peer)
    const known = remembered.get(address)
    if (known !== undefined) return known
    if (isIP(address) === 0) return false
    const found = proxies.check(address, familyOf(address))
    if (remembered.size >= REMEMBERED) remembered.clear()
    remembered.set(address, found)
    return found
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

/**
 * What counts as one client: an IPv4 address, or an IPv6 network of 64 bits, as a single IPv6 client may use all its addresses.
 */
export function addressGroup(address: string): string {
  if (!address.includes(":")) return address
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

/**
 * Removes the port that a proxy or gateway added: `203.0.113.9:1234`, `[2001:db8::1]:1234`; also the brackets of `[2001:db8::1]`.
 */
function withoutPort(hop: string): string {
  return hop.replace(/^"?\[([^\]]*)\](?::\d+)?"?$/, "$1").replace(/^"?([\d.]+):\d+"?$/, "$1")
}

/** Turns an IPv4-mapped IPv6 address into the IPv4 address, and removes a zone. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "")
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4"
}
