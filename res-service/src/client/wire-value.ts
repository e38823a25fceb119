import { isValidRid } from "../rid.ts"
import { DecodeError, Fields, internalError } from "./decode.ts"
import { compact, members, quote } from "./raw-json.ts"

/**
 * A value as a service sent it. `raw` is its JSON text, unchanged. A data value with a primitive in it counts as that primitive.
 *
 * Source: RES protocol 1.2.3, "Values".
 */
export type WireValue =
  | { readonly type: "primitive"; readonly raw: string }
  | { readonly type: "reference"; readonly raw: string; readonly rid: string }
  | { readonly type: "soft"; readonly raw: string; readonly rid: string }
  /** `inner`: the JSON text of the object or array in it. */
  | { readonly type: "data"; readonly raw: string; readonly inner: string }
  | DeleteValue

/** Only in change events. */
export interface DeleteValue {
  readonly type: "delete"
  readonly raw: string
}

export const deleteValue: DeleteValue = { type: "delete", raw: '{"action":"delete"}' }

/** Throws a `ResError` or `DecodeError` for an invalid value. `raw` must be JSON. */
export function decodeValue(raw: string): WireValue {
  if (raw.startsWith("[")) throw internalError("invalid value: nested json array must be wrapped as a data value")
  if (!raw.startsWith("{")) return { type: "primitive", raw }
  const fields = Fields.of(raw)
  const rid = fields.string("rid")
  const soft = fields.boolean("soft")
  const action = fields.string("action")
  const data = fields.raw("data")
  const kinds = [rid, action, data].filter((member) => member !== undefined).length
  if (kinds === 0) throw internalError("invalid value: nested json object must be wrapped as a data value")
  if (rid === "") {
    throw internalError('invalid value: resource references requires a non-empty "rid" value')
  }
  if (kinds > 1) throw internalError("invalid value: ambiguous value type")
  if (rid !== undefined) {
    if (!isValidRid(rid)) throw internalError(`invalid value: resource reference rid "${rid}" is invalid`)
    return soft ? { type: "soft", raw, rid } : { type: "reference", raw, rid }
  }
  if (data !== undefined) {
    return data.startsWith("{") || data.startsWith("[")
      ? { type: "data", raw, inner: data }
      : { type: "primitive", raw: data }
  }
  if (action !== "delete") throw internalError(`invalid value: unknown action "${action}"`)
  return { type: "delete", raw }
}

/** Throws like `decodeValue`. `raw` may be `null`: then the result is undefined. */
export function decodeValueMap(raw: string): Map<string, WireValue> | undefined {
  if (raw === "null") return undefined
  const found = members(raw)
  if (!found) throw new DecodeError("values are not an object")
  return new Map(found.map(([name, value]) => [name, decodeValue(value)]))
}

/** Compares the JSON text: the order of members and white space count. */
export function equalValues(a: WireValue, b: WireValue): boolean {
  return a.type === b.type && valueKey(a) === valueKey(b)
}

/** The text that equal values of one type share. */
export function valueKey(value: WireValue): string {
  if (value.type === "reference" || value.type === "soft") return value.rid
  return value.type === "delete" ? "" : value.raw
}

/**
 * The JSON text of a value for a client. `legacy`: for protocol versions before 1.2.1, which have neither soft references nor
 * data values.
 */
export function encodeValue(value: WireValue, legacy: boolean): string {
  if (legacy && value.type === "soft") return quote(value.rid)
  if (legacy && value.type === "data") return '"[Data]"'
  return compact(value.raw)
}
