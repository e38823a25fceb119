import type { IncomingMessage } from "node:http"
import { canonicalHeader } from "../client/messages.ts"
import { quote } from "../client/raw-json.ts"

/**
 * What auth requests tell about an HTTP request: members of a JSON object as text. It is kept instead of the request, which takes
 * far more memory.
 *
 * Source: RES-Service protocol 1.2.3, "Auth request".
 */
export function encodeHttpParts(request: IncomingMessage): string {
  const headers = new Map<string, string[]>()
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const name = canonicalHeader(request.rawHeaders[i] ?? "")
    if (name === "Host") continue
    const values = headers.get(name)
    if (values) values.push(request.rawHeaders[i + 1] ?? "")
    else headers.set(name, [request.rawHeaders[i + 1] ?? ""])
  }
  const { remoteAddress = "", remotePort = 0, remoteFamily } = request.socket
  const host = remoteFamily === "IPv6" ? `[${remoteAddress}]` : remoteAddress
  const header = [...headers].map(([name, values]) => `${quote(name)}:[${values.map(quote).join(",")}]`).join(",")
  const rest = {
    host: request.headers.host ?? "",
    remoteAddr: `${host}:${remotePort}`,
    uri: request.url ?? "",
  }
  const members = Object.entries(rest).filter(([, text]) => text !== "")
  return [...(header ? [`"header":{${header}}`] : []), ...members.map(([k, v]) => `"${k}":${quote(v)}`)].join(",")
}
