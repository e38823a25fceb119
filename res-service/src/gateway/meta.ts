import type { ResponseMeta } from "../client/messages.ts"

export type HeaderMap = Map<string, string[]>

/** Headers that only the gateway sets. */
const PROTECTED = new Set([
  "Sec-Websocket-Extensions",
  "Sec-Websocket-Protocol",
  "Access-Control-Allow-Credentials",
  "Access-Control-Allow-Origin",
  "Content-Type",
])

/** The status, if it ends the request: a redirect or an error. Source: RES-Service protocol 1.2.3, "Status codes". */
export function finalStatus(meta: ResponseMeta | undefined): number | undefined {
  const status = meta?.status
  return status !== undefined && status >= 300 && status < 600 ? status : undefined
}

/** Merges two meta objects: `later` overrides `earlier`, except that cookies of both are kept. */
export function mergeMeta(
  earlier: ResponseMeta | undefined,
  later: ResponseMeta | undefined,
): ResponseMeta | undefined {
  if (!earlier || !later) return earlier ?? later
  if (!earlier.header) return { status: later.status ?? earlier.status, header: later.header }
  const header = new Map(earlier.header)
  mergeHeader(header, later.header)
  return { status: later.status ?? earlier.status, header }
}

/** Adds headers to `target`. They replace headers of the same name, except for cookies. Protected headers are left out. */
export function mergeHeader(target: HeaderMap, added: ReadonlyMap<string, string[]> | undefined): void {
  for (const [name, values] of added ?? []) {
    if (PROTECTED.has(name)) continue
    target.set(name, name === "Set-Cookie" ? [...(target.get(name) ?? []), ...values] : values)
  }
}
