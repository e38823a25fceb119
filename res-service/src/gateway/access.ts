import type { AccessAnswer } from "../client/messages.ts"
import { ResError } from "../errors.ts"

/** Why the client may not see the resource; undefined when it may. */
export function refusalToGet({ access, error }: AccessAnswer): ResError | undefined {
  if (error) return error
  return access?.get ? undefined : new ResError("system.accessDenied")
}

/**
 * Why the client may not call the method; undefined when it may. The list of methods is taken literally: spaces are part of a
 * name, and `*` stands for all methods only when it stands alone.
 *
 * Source: RES-Service protocol 1.2.3, "Access request".
 */
export function refusalToCall({ access, error }: AccessAnswer, method: string): ResError | undefined {
  if (error) return error
  const granted = access?.call ?? ""
  if (granted === "*" || (granted !== "" && granted.split(",").includes(method))) return undefined
  return new ResError("system.accessDenied")
}
