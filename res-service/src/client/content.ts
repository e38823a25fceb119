import type { ChunkedList } from "./chunked-list.ts"
import { quote } from "./raw-json.ts"
import type { EventDetail } from "./resource-event.ts"
import { encodeValue, type WireValue } from "./wire-value.ts"

export type Values = ReadonlyMap<string, WireValue>

/** The content of a resource at one time. It is immutable: an event makes a new one. */
export type Content = ModelContent | CollectionContent

/** Content with its JSON text, which is made only once. */
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

/** The content after an event; the same object if the event does not change it. */
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

/** Values as a JSON object with members sorted by name, as Resgate sends them. */
export function encodeValues(values: Values, legacy: boolean): string {
  const names = [...values.keys()].sort()
  return `{${names.map((name) => `${quote(name)}:${encodeValue(values.get(name) as WireValue, legacy)}`).join(",")}}`
}
