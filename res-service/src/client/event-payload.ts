import { DecodeError, Fields, internalError } from "./decode.ts"
import { members } from "./raw-json.ts"
import { decodeValue, decodeValueMap, type WireValue } from "./wire-value.ts"

/**
 * The values of a change event. Protocol 1.0 sent them without the `values` around them: that is what a payload is taken
 * for which has any other member.
 *
 * Source: RES-Service protocol 1.2.3, "Model change event".
 */
export function decodeChange(payload: string): Map<string, WireValue> {
  const found = members(payload)
  if (!found && payload.trim() !== "null") throw new DecodeError("change event is no object")
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
