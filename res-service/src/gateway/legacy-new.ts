import { internalError } from "../client/decode.ts"
import type { CallAnswer } from "../client/messages.ts"
import { members, parseString } from "../client/raw-json.ts"
import { isValidRid } from "../rid.ts"

/**
 * Before protocol 1.2 a call of `new` was answered with the new resource as the result, `{"rid": ...}`.
 *
 * Source: RES protocol, "v1.2 update".
 */
export function legacyNewAnswer(answer: CallAnswer): CallAnswer {
  if (answer.result === undefined) return answer
  const found = members(answer.result)
  const [name, raw] = found?.length === 1 ? (found[0] ?? []) : []
  if (name !== "rid" || !raw?.startsWith('"')) return answer
  const rid = parseString(raw)
  const { meta } = answer
  return isValidRid(rid) ? { rid, meta } : { error: internalError("invalid service response"), meta }
}
