import { DecodeError, Fields, internalError } from "./decode.ts"
import { members } from "./raw-json.ts"
import { decodeValue, decodeValueMap, type WireValue } from "./wire-value.ts"

/**
 * The values of a change event. In protocol 1.0 they were not wrapped in `values`: a payload with any other member is read like
 * that.
 *
 * Source: RES-Service protocol 1.2.3, "Model change event".
 */
export function decodeChange(payload: string): Map<string, WireValue> {
  const found = members(payload)
  if (!found && payload.trim() !== "null") throw new DecodeError("change event is not an object")
  const only = found?.length === 1 && found[0]?.[0] === "values" ? found[0][1] : undefined
  return decodeValueMap(only?.startsWith("{") ? only : payload.trim()) ?? new Map()
}

/** Source: RES-Service protocol 1.2.3, "Collection add event". */
export function decodeAdd(payload: string): { idx: number; value: WireValue } {
  const fields = Fields.of(payload)
  const raw = fields.raw("value")
  const value = raw === undefined ? undefined : decodeValue(raw)
  if (value === undefined || value.type === "delete") throw internalError("invalid value")
  return { idx: fields.int("idx") ?? 0, value }
}

/** Source: RES-Service protocol 1.2.3, "Collection remove event". */
export function decodeRemoveIdx(payload: string): number {
  return Fields.of(payload).int("idx") ?? 0
}
