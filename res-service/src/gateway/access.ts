import type { AccessAnswer } from "../client/messages.ts"
import { ResError } from "../errors.ts"

/** The error if the client may not see the resource. */
export function refusalToGet({ access, error }: AccessAnswer): ResError | undefined {
  if (error) return error
  return access?.get ? undefined : new ResError("system.accessDenied")
}

/**
 * The error if the client may not call the method. The list of methods is taken literally: spaces are part of a name, and `*`
 * means all methods only if it is the whole list.
 *
 * Source: RES-Service protocol 1.2.3, "Access request".
 */
export function refusalToCall({ access, error }: AccessAnswer, method: string): ResError | undefined {
  if (error) return error
  const granted = access?.call ?? ""
  if (granted === "*" || (granted !== "" && granted.split(",").includes(method))) return undefined
  return new ResError("system.accessDenied")
}
