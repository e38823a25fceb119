import type { Request } from "express"
import { HttpProblem } from "./problem.ts"

/** Where browsers reach the gateway: a `ws:` or `wss:` URL; `same-origin`; or its port on the host that served the page. */
export type GatewayAddress = string | number

/** The WebSocket URL of the gateway, for the client of a request. */
export function gatewayUrl(req: Request, gateway: GatewayAddress): string {
  if (gateway === "same-origin") return ownUrl(req)
  if (typeof gateway === "string") return gateway
  return `${ownUrl(req).replace(/:\d+$/, "")}:${gateway}`
}

/** The WebSocket URL of the address that the client requested. */
export function ownUrl(req: Request): string {
  return `${req.secure ? "wss" : "ws"}://${hostOf(req)}`
}

/** The requested host with its port. It becomes part of a header, so only a plain host is accepted. */
function hostOf(req: Request): string {
  const host = req.get("host") ?? ""
  if (/^([\w.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/.test(host)) return host
  throw new HttpProblem(400, "The Host header names no host", [{ header: "Host", detail: "expected a host" }])
}
