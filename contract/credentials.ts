import { z } from "zod"

/**
 * The RES token of a request: `tid` of a browser's login, whose claims only this service knows; or `bearer`, a JWT as the edge, or a
 * gateway for one HTTP request, passes it on. Any other token counts as no token, so programs that can send requests over NATS
 * gain nothing by making up claims.
 */
export const RequestToken = z.union([
  z.object({ tid: z.string() }).transform(({ tid }) => ({ tid, bearer: undefined })),
  z.object({ bearer: z.string() }).transform(({ bearer }) => ({ tid: undefined, bearer })),
])
export type RequestToken = z.input<typeof RequestToken>

/**
 * The token in an `Authorization: Bearer`, without the padding that some clients add, so that a token has one spelling; undefined
 * for any other. Source: RFC 6750, "Authorization Request Header Field"; RFC 7515, "Terminology" (no padding).
 */
export function bearerIn(authorization: string): string | undefined {
  return /^Bearer +([\w.~+/-]+)=*$/i.exec(authorization)?.[1]
}

/** The value of a cookie in a `Cookie` header; undefined when it is not there. */
export function cookieIn(header: string, name: string): string | undefined {
  const pairs = header.split(";").map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}
