import { ResError } from "../errors.ts"
import { isValidRid } from "../rid.ts"
import { DecodeError, Fields, internalError, stringList } from "./decode.ts"
import { members, quote } from "./raw-json.ts"

/** The HTTP status and headers that a service sets for the answer to an HTTP request or a WebSocket upgrade. */
export interface ResponseMeta {
  status: number | undefined
  /** Canonical names, e.g. `Set-Cookie`. */
  header: Map<string, string[]> | undefined
}

/** The access that a service granted. */
export interface GrantedAccess {
  readonly get: boolean
  /** Method names separated by commas, or `*`. */
  readonly call: string
}

/** The outcome of a call or auth request. `result` is JSON text, unchanged. */
export type CallAnswer =
  | { readonly result: string; readonly rid?: undefined; readonly meta?: ResponseMeta | undefined }
  | { readonly rid: string; readonly result?: undefined; readonly meta?: ResponseMeta | undefined }
  | {
      readonly error: ResError
      readonly result?: undefined
      readonly rid?: undefined
      readonly meta?: ResponseMeta | undefined
    }

export interface AccessAnswer {
  readonly access?: GrantedAccess
  readonly error?: ResError
  readonly meta?: ResponseMeta | undefined
}

/** The parts of an access, call or auth request, in the order in which Resgate writes them. */
export interface RequestParts {
  /** JSON text, sent as it is; left out of access requests. */
  readonly params?: string | undefined
  /** JSON text, sent as it is; undefined is sent as `null`. */
  readonly token?: string | undefined
  readonly query?: string
  readonly cid?: string | undefined
  readonly isHttp?: boolean
  /** Gateways send it only in auth requests, as part of `http`. */
  readonly remoteAddr?: string | undefined
  /** For auth requests: what the HTTP request contained. Members of a JSON object, as text without braces. */
  readonly http?: string | undefined
}

/** Source: RES-Service protocol 1.2.3, "Requests". */
export function encodeRequest(parts: RequestParts): string {
  let text = "{"
  if (parts.params !== undefined) text += `"params":${parts.params},`
  text += `"token":${parts.token ?? "null"}`
  if (parts.query) text += `,"query":${quote(parts.query)}`
  if (parts.cid !== undefined) text += `,"cid":${quote(parts.cid)}`
  if (parts.isHttp) text += ',"isHttp":true'
  if (parts.remoteAddr !== undefined) text += `,"remoteAddr":${quote(parts.remoteAddr)}`
  if (parts.http) text += `,${parts.http}`
  return `${text}}`
}

/** Source: RES-Service protocol 1.2.3, "Get request" and "Query request". */
export function encodeGetRequest(query: string): string {
  return query === "" ? "{}" : `{"query":${quote(query)}}`
}

/** Source: RES-Service protocol 1.2.3, "Access request". */
export function decodeAccess(text: string): AccessAnswer {
  try {
    const fields = Fields.parse(text)
    const result = fields.object("result")
    const error = fields.error("error")
    const meta = decodeMeta(fields)
    const access = result && { get: result.boolean("get") ?? false, call: result.string("call") ?? "" }
    if (error) return { error, meta }
    return access ? { access, meta } : { error: missingResult(), meta }
  } catch (error) {
    return { error: asResError(error) }
  }
}

/** Source: RES-Service protocol 1.2.3, "Call request" and "Auth request". */
export function decodeCall(text: string): CallAnswer {
  try {
    const fields = Fields.parse(text)
    const error = fields.error("error")
    const resource = fields.object("resource")
    const rid = resource?.string("rid") ?? ""
    const meta = decodeMeta(fields)
    if (error) return { error, meta }
    if (resource) return isValidRid(rid) ? { rid, meta } : { error: internalError("invalid service response"), meta }
    const result = fields.raw("result")
    return result === undefined ? { error: missingResult(), meta } : { result, meta }
  } catch (error) {
    return { error: asResError(error) }
  }
}

/** Turns anything thrown into the error that a client gets. */
export function asResError(error: unknown): ResError {
  if (error instanceof ResError) return error
  if (error instanceof DecodeError) return internalError(error.message)
  return ResError.from(error)
}

export function missingResult(): ResError {
  return internalError("response missing result")
}

function decodeMeta(fields: Fields): ResponseMeta | undefined {
  const meta = fields.object("meta")
  if (meta === undefined) return undefined
  const raw = meta.raw("header")
  return { status: meta.int("status"), header: raw === undefined || raw === "null" ? undefined : decodeHeader(raw) }
}

function decodeHeader(raw: string): Map<string, string[]> {
  const found = members(raw)
  if (found === undefined) throw new DecodeError("cannot decode header as an object")
  const header = new Map<string, string[]>()
  for (const [name, values] of found) {
    const key = canonicalHeader(name)
    const list = values === "null" ? [] : stringList(values, "header")
    header.set(key, [...(header.get(key) ?? []), ...list])
  }
  return header
}

/** `x-test-a` becomes `X-Test-A`. An invalid header name stays as it is. */
export function canonicalHeader(name: string): string {
  if (!HEADER_NAME.test(name)) return name
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (c) => c.toUpperCase())
}

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
