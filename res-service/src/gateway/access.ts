import type { AccessAnswer } from "../client/messages.ts"
import { ResError } from "../errors.ts"

/** Undefined when access is granted, else why not. */
export function canGet({ access, error }: AccessAnswer): ResError | undefined {
  if (error) return error
  return access?.get ? undefined : new ResError("system.accessDenied")
}

/**
 * Undefined when the method may be called, else why not. The list of methods is taken literally: spaces are part of a
 * name, and `*` stands for all only when it stands alone.
 *
 * Source: RES-Service protocol 1.2.3, "Access request".
 */
export function canCall({ access, error }: AccessAnswer, method: string): ResError | undefined {
  if (error) return error
  const granted = access?.call ?? ""
  if (granted === "*" || (granted !== "" && granted.split(",").includes(method))) return undefined
  return new ResError("system.accessDenied")
}
