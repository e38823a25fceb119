import { ResError } from "../errors.ts"
import { ChunkedList } from "./chunked-list.ts"
import { DecodeError, Fields, internalError } from "./decode.ts"
import { missingResult } from "./messages.ts"
import { elements, members, quote } from "./raw-json.ts"
import type { EventDetail } from "./resource-event.ts"
import { decodeValue, encodeValue, type WireValue } from "./wire-value.ts"

export type Values = ReadonlyMap<string, WireValue>

/** A resource as it is at one time. Never changed: an event makes a new one. */
export type Content = ModelContent | CollectionContent

/** What a resource consists of, and its JSON text, made once for all who ask. */
abstract class Encoded {
  #text: string | undefined
  #legacyText: string | undefined

  encode(legacy: boolean): string {
    if (!legacy) {
      this.#text ??= this.write(false)
      return this.#text
    }
    this.#legacyText ??= this.write(true)
    return this.#legacyText
  }

  protected abstract write(legacy: boolean): string
}

export class ModelContent extends Encoded {
  readonly type = "model"
  readonly values: Values

  constructor(values: Values) {
    super()
    this.values = values
  }

  protected override write(legacy: boolean): string {
    return encodeValues(this.values, legacy)
  }
}

export class CollectionContent extends Encoded {
  readonly type = "collection"
  readonly #list: ChunkedList<WireValue>

  constructor(list: ChunkedList<WireValue>) {
    super()
    this.#list = list
  }

  get length(): number {
    return this.#list.length
  }

  get values(): readonly WireValue[] {
    return this.#list.all
  }

  at(idx: number): WireValue | undefined {
    return this.#list.at(idx)
  }

  withAdded(idx: number, value: WireValue): CollectionContent {
    return new CollectionContent(this.#list.withAdded(idx, value))
  }

  withRemoved(idx: number): CollectionContent {
    return new CollectionContent(this.#list.withRemoved(idx))
  }

  protected override write(legacy: boolean): string {
    return `[${this.values.map((value) => encodeValue(value, legacy)).join(",")}]`
  }
}

/** The content after an event; the same one when the event does not touch it. */
export function applyEvent(content: Content, detail: EventDetail): Content {
  if (detail.type === "change" && content.type === "model") {
    const values = new Map(content.values)
    for (const [name, value] of detail.changed) {
      if (value.type === "delete") values.delete(name)
      else values.set(name, value)
    }
    return new ModelContent(values)
  }
  if (detail.type === "add" && content.type === "collection") {
    return content.withAdded(detail.idx, detail.value)
  }
  if (detail.type === "remove" && content.type === "collection") {
    return content.withRemoved(detail.idx)
  }
  return content
}

/** Members sorted by name, as Resgate sends them. */
export function encodeValues(values: Values, legacy: boolean): string {
  const names = [...values.keys()].sort()
  return `{${names.map((name) => `${quote(name)}:${encodeValue(values.get(name) as WireValue, legacy)}`).join(",")}}`
}

/** The answer to a get request: the content, and the query in the service's own spelling. */
export interface GetAnswer {
  readonly content: Content
  readonly query: string
}

/**
 * Throws the service's error, or `system.internalError` for an answer that is none.
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

/** The answer to a query request: events, or the whole content anew, or nothing to do. */
export type QueryAnswer = { readonly events: readonly QueryResultEvent[] } | { readonly content: Content } | undefined

/**
 * Throws as `decodeGet` does.
 *
 * Source: RES-Service protocol 1.2.3, "Query request".
 */
export function decodeQueryAnswer(text: string): QueryAnswer {
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

/** Throws for a value that is none. `raw` may be `null`: no values. */
export function decodeValueMap(raw: string): Map<string, WireValue> | undefined {
  if (raw === "null") return undefined
  const found = members(raw)
  if (!found) throw new DecodeError("values are no object")
  return new Map(found.map(([name, value]) => [name, decodeValue(value)]))
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

/** The model or collection if there is exactly one and it has no delete action in it. */
function only({ model, collection }: Contents): Content | undefined {
  if ((model === undefined) === (collection === undefined)) return undefined
  for (const value of model?.values() ?? collection ?? []) if (value.type === "delete") return undefined
  return model ? new ModelContent(model) : new CollectionContent(ChunkedList.of(collection ?? []))
}

function decodeValueList(raw: string): WireValue[] | undefined {
  if (raw === "null") return undefined
  const list = elements(raw)
  if (!list) throw new DecodeError("collection is no array")
  return list.map(decodeValue)
}

function decodeEvents(raw: string | undefined): QueryResultEvent[] | undefined {
  if (raw === undefined || raw === "null") return undefined
  const list = elements(raw)
  if (!list) throw new DecodeError("events is no array")
  return list.map((element) => {
    const fields = Fields.of(element)
    return { event: fields.string("event") ?? "", data: fields.raw("data") }
  })
}

function invalidResponse(): ResError {
  return internalError("invalid service response")
}

/** Whatever is wrong with a value becomes the text of an internal error, even if it is one already. */
function wrapped<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof DecodeError || error instanceof ResError) throw internalError(error.message)
    throw error
  }
}
