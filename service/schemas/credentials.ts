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
