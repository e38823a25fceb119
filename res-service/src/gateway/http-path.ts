import { isValidPart, isValidRid } from "../rid.ts"

/** The path of a request, as Go's HTTP library sees it, which Resgate uses. */
export interface RequestPath {
  /** Decoded. */
  readonly path: string
  /** The encoded path if it differs from the usual encoding of `path`, else `path`. Resource IDs are taken from this. */
  readonly source: string
  /** Not decoded, without the question mark. */
  readonly query: string
}

/**
 * Splits the target of an HTTP request; undefined if it has an invalid escape. Escapes become single bytes: resource names are
 * ASCII anyway.
 */
export function splitTarget(target: string): RequestPath | undefined {
  const mark = target.indexOf("?")
  const encoded = (mark === -1 ? target : target.slice(0, mark)).replace(/^https?:\/\/[^/]*/i, "")
  const query = mark === -1 ? "" : target.slice(mark + 1)
  const path = decodeEscapes(encoded)
  if (path === undefined) return undefined
  return { path, source: escapePath(path) === encoded ? path : encoded, query }
}

/** The resource ID for a path; undefined if the path is not one of a resource. `prefix` begins and ends with a slash. */
export function pathToRid({ source, query }: RequestPath, prefix: string): string | undefined {
  const parts = pathParts(source, prefix)
  return parts && joinRid(parts, query)
}

/** The same for a path that ends with the name of a method. */
export function pathToRidAndMethod(
  { source, query }: RequestPath,
  prefix: string,
): { rid: string; method: string } | undefined {
  const parts = pathParts(source, prefix)
  const method = parts?.pop()
  if (!parts || parts.length === 0 || method === undefined || !isValidPart(method)) return undefined
  const rid = joinRid(parts, query)
  return rid === undefined ? undefined : { rid, method }
}

/** The path of a resource. */
export function ridToPath(rid: string, prefix: string): string {
  const escaped = encodeURIComponent(rid)
    .replace(/[!'()*]/g, percent)
    .replace(/%(?:24|26|2B|3A|3D|40)/g, (code) => decodeURIComponent(code))
  return prefix + escaped.replaceAll(".", "/")
}

function joinRid(parts: readonly string[], query: string): string | undefined {
  const rid = parts.join(".") + (query === "" ? "" : `?${query}`)
  return isValidRid(rid) ? rid : undefined
}

/** An encoded dot or question mark is decoded into the resource ID. A plain dot is not allowed. */
function pathParts(source: string, prefix: string): string[] | undefined {
  if (source.length === prefix.length || !source.startsWith(prefix)) return undefined
  const rest = source.slice(prefix.length)
  if (rest.includes(".")) return undefined
  const parts = rest.replace(/^\//, "").split("/").map(decodeEscapes)
  return parts.includes(undefined) ? undefined : (parts as string[])
}

function decodeEscapes(text: string): string | undefined {
  if (!text.includes("%")) return text
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined
  return text.replace(/%[0-9A-Fa-f]{2}/g, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)))
}

/** The usual encoding of a path. */
function escapePath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-_.~$&+,/:;=@]/g, percent)
}

function percent(c: string): string {
  return `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`
}
