import { CollectionContent, type Content, ModelContent } from "./content.ts"
import { DecodeError } from "./decode.ts"
import { decodeAdd, decodeChange, decodeRemoveIdx } from "./event-payload.ts"
import type { EventDetail } from "./resource-event.ts"
import { deleteValue, equalValues, type WireValue } from "./wire-value.ts"

/**
 * What an event changes in `content`; undefined if it changes nothing. Throws a `ResError` or `DecodeError` for an event that is
 * invalid for that content.
 *
 * Source: RES-Service protocol 1.2.3, "Resource events".
 */
export function updateDetail(
  content: Content,
  name: "change" | "add" | "remove",
  payload: string | undefined,
): EventDetail | undefined {
  if ((name === "change") !== (content.type === "model")) throw new DecodeError("event of another resource type")
  if (payload === undefined) throw new DecodeError("event without payload")
  if (name === "change") return changeDetail(content, decodeChange(payload))
  if (name === "remove") return removeDetail(content, decodeRemoveIdx(payload))
  const { idx, value } = decodeAdd(payload)
  checkBounds(content, idx, 0)
  return { type: "add", idx, value }
}

/** The changed values that differ from `content`; undefined if there are none. */
export function changeDetail(content: Content, values: ReadonlyMap<string, WireValue>): EventDetail | undefined {
  if (!(content instanceof ModelContent)) return undefined
  const old = content.values
  const changed = new Map<string, WireValue>()
  for (const [name, value] of values) {
    const before = old.get(name)
    const same = before === undefined ? value.type === "delete" : equalValues(before, value)
    if (!same) changed.set(name, value)
  }
  return changed.size === 0 ? undefined : { type: "change", changed, old }
}

/** The values that make the model `next` of `now`, also those that are equal in both. */
export function allValues(now: ModelContent, next: ModelContent): ReadonlyMap<string, WireValue> {
  const values = new Map<string, WireValue>(next.values)
  for (const name of now.values.keys()) if (!values.has(name)) values.set(name, deleteValue)
  return values
}

export function removeDetail(content: Content | undefined, idx: number): EventDetail | undefined {
  if (!(content instanceof CollectionContent)) return undefined
  checkBounds(content, idx, 1)
  const value = content.at(idx)
  return value && { type: "remove", idx, value }
}

function checkBounds(content: Content, idx: number, room: 0 | 1): void {
  const length = content instanceof CollectionContent ? content.length : 0
  if (idx < 0 || idx > length - room) throw new DecodeError(`idx ${idx} is out of bounds, length is ${length}`)
}
