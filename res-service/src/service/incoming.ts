import { ResError } from "../errors.ts"
import type { Reply } from "./reply.ts"

/** The request types of RES, the first part of each request's subject. */
export const REQUEST_TYPES = ["access", "get", "call", "auth"] as const

export type RequestType = (typeof REQUEST_TYPES)[number]

/** The payload of a request. Fields that its type does not have are empty, null or undefined. */
export interface Payload {
  readonly cid: string
  readonly token: unknown
  readonly query: string
  readonly params: unknown
  readonly isHttp: boolean
  readonly header: { readonly [name: string]: readonly string[] }
  readonly host: string | undefined
  readonly remoteAddr: string | undefined
  readonly uri: string | undefined
}

/** What a request asks for, as its subject says. */
export interface Target {
  readonly type: RequestType
  readonly name: string
  /** Empty except for call and auth. */
  readonly method: string
}

const decoder = new TextDecoder("utf-8", { fatal: true })

/** Reads a request's payload. Undefined for an invalid one, which gets an error as its answer. */
export function parsePayload(reply: Reply, data: Uint8Array): Payload | undefined {
  try {
    const value: unknown = data.length === 0 ? {} : JSON.parse(decoder.decode(data))
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return payloadOf(value as Record<string, unknown>)
  } catch {
    // Answered below.
  }
  reply.answer({ error: new ResError("system.invalidRequest", "The payload is not a JSON object") })
  return undefined
}

/** A request's payload for the log: without tokens, headers, addresses, and the params of auth requests, which are often passwords. */
export function printable(type: RequestType, payload: Payload): object {
  return {
    ...payload,
    token: undefined,
    header: undefined,
    remoteAddr: undefined,
    params: type === "auth" ? undefined : payload.params,
  }
}

/** Undefined: not the subject of a request. */
export function parseSubject(subject: string): Target | undefined {
  const first = subject.indexOf(".")
  const type = subject.slice(0, first)
  if (type === "access" || type === "get") return { type, name: subject.slice(first + 1), method: "" }
  if (type !== "call" && type !== "auth") return undefined
  const last = subject.lastIndexOf(".")
  if (last === first) return undefined
  return { type, name: subject.slice(first + 1, last), method: subject.slice(last + 1) }
}

function payloadOf(value: { readonly [key: string]: unknown }): Payload {
  return {
    cid: text(value.cid) ?? "",
    token: value.token ?? null,
    query: text(value.query) ?? "",
    params: value.params ?? undefined,
    isHttp: value.isHttp === true,
    header: headerOf(value.header),
    host: text(value.host),
    remoteAddr: text(value.remoteAddr),
    uri: text(value.uri),
  }
}

function headerOf(value: unknown): Payload["header"] {
  if (typeof value !== "object" || value === null) return {}
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string[]] => {
      const values: unknown = entry[1]
      return Array.isArray(values) && values.every((each) => typeof each === "string")
    }),
  )
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined
}
