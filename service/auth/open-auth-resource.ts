import { type AuthRequest, type ClientAddresses, model, ResError } from "res-service"
import { z } from "zod"
import type { OwnPages } from "../../config/own-pages.ts"
import { auth } from "../../contract/shopwire.ts"
import { setAddress } from "./auth-resource.ts"

type Request = AuthRequest<string, unknown>

/**
 * `shopwire.auth` with `AUTH=none`. Gateways call these methods before each WebSocket and each HTTP request. The service learns
 * the client's address and checks the page, because Resgate's own list of origins admits every `null` (sandboxed frames of any
 * site) and every page that reads from its own host.
 *
 * auth    header(), wsHeader() -> null; refused with the HTTP status 403 for other pages
 * source  RES-Service protocol 1.2.3, "Auth request", "Meta object"; `OwnPages`
 *
 * @param pages the allowed pages; undefined: all
 */
export function openAuthResource(addresses: ClientAddresses, pages: OwnPages | undefined) {
  const check = (req: Request, method: string | undefined): void => {
    const refusal = pages?.refusal({ method, origin: req.header.Origin?.[0], host: req.host })
    if (refusal !== undefined) {
      req.meta({ status: 403 })
      throw new ResError("system.accessDenied", refusal)
    }
    setAddress(req, addresses)
  }

  return model(auth.pattern.source, {
    mode: { access: "free" },
    access: async () => ({ get: false }),
    auth: (method) => ({
      // The request does not name its HTTP method. A request with a body is not a GET, and no page sends a POST without an
      // Origin.
      header: method(z.unknown(), (req) => check(req, hasBody(req) ? "POST" : undefined), { mode: "free" }),
      wsHeader: method(z.unknown(), (req) => check(req, "POST"), { mode: "free" }),
    }),
  })
}

function hasBody({ header }: Request): boolean {
  return Number(header["Content-Length"]?.[0] ?? 0) > 0
}
