import { ResError } from "../errors.ts"
import { ChunkedList } from "./chunked-list.ts"
import { CollectionContent, type Content, ModelContent } from "./content.ts"
import { DecodeError, Fields, internalError } from "./decode.ts"
import { missingResult } from "./messages.ts"
import { elements } from "./raw-json.ts"
import { decodeValue, decodeValueMap, type WireValue } from "./wire-value.ts"

/** The answer to a get request: the content, and the query in the service's own spelling. */
export interface GetAnswer {
  readonly content: Content
  readonly query: string
}

/**
 * Throws the service's error, or `system.internalError` for an invalid answer.
 *
 * Source: RES-Service protocol 1.2.3, "Get request".
 */
export function decodeGet(text: string): GetAnswer {
  const { error, result } = wrapped(() => {
    const fields = Fields.parse(text)
    const result = fields.object("result")
    return {
      error: fields.error("error"),
      result: result && { ...contents(result), query: result.string("query") ?? "" },
    }
  })
  if (error) throw error
  if (!result) throw missingResult()
  const content = only(result)
  if (!content) throw invalidResponse()
  return { content, query: result.query }
}

/** One event in the answer to a query request; `data` is JSON text. */
export interface QueryResultEvent {
  readonly event: string
  readonly data: string | undefined
}

/** The answer to a query request: events, the new content, or undefined if nothing changed. */
export type QueryResult = { readonly events: readonly QueryResultEvent[] } | { readonly content: Content } | undefined

/**
 * Throws like `decodeGet`.
 *
 * Source: RES-Service protocol 1.2.3, "Query request".
 */
export function decodeQueryResult(text: string): QueryResult {
  const { error, result } = wrapped(() => {
    const fields = Fields.parse(text)
    const result = fields.object("result")
    return {
      error: fields.error("error"),
      result: result && { ...contents(result), events: decodeEvents(result.raw("events")) },
    }
  })
  if (error) throw error
  if (!result) throw missingResult()
  if (result.events) {
    if (result.model || result.collection) throw invalidResponse()
    return { events: result.events }
  }
  if (!result.model && !result.collection) return undefined
  const content = only(result)
  if (!content) throw invalidResponse()
  return { content }
}

interface Contents {
  readonly model: Map<string, WireValue> | undefined
  readonly collection: WireValue[] | undefined
}

function contents(result: Fields): Contents {
  return {
    model: decodeValueMap(result.raw("model") ?? "null"),
    collection: decodeValueList(result.raw("collection") ?? "null"),
  }
}

/** The model or collection, if there is exactly one, without delete actions. */
function only({ model, collection }: Contents): Content | undefined {
  if ((model === undefined) === (collection === undefined)) return undefined
  for (const value of model?.values() ?? collection ?? []) if (value.type === "delete") return undefined
  return model ? new ModelContent(model) : new CollectionContent(ChunkedList.of(collection ?? []))
}

function decodeValueList(raw: string): WireValue[] | undefined {
  if (raw === "null") return undefined
  const list = elements(raw)
  if (!list) throw new DecodeError("collection is not an array")
  return list.map(decodeValue)
}

function decodeEvents(raw: string | undefined): QueryResultEvent[] | undefined {
  if (raw === undefined || raw === "null") return undefined
  const list = elements(raw)
  if (!list) throw new DecodeError("events is not an array")
  return list.map((element) => {
    const fields = Fields.of(element)
    return { event: fields.string("event") ?? "", data: fields.raw("data") }
  })
}

function invalidResponse(): ResError {
  return internalError("invalid service response")
}

/** Turns decoding errors into internal errors with their text, as Resgate does, even if they are internal errors already. */
function wrapped<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof DecodeError || error instanceof ResError) throw internalError(error.message)
    throw error
  }
}
