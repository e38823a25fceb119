import { handle, ResError } from "res-service"
import { cartLine, cartLines } from "../../contract/session.ts"
import type { Guard } from "../auth/guard.ts"
import { sessionAccess, sessionQueue } from "./session-access.ts"
import type { Sessions } from "./sessions.ts"
import { lineReference } from "./shown-lines.ts"

/** Serves `cartLines`. */
export function linesResource(guard: Guard, sessions: Sessions) {
  return handle(cartLines, {
    ...sessionQueue,
    access: sessionAccess(guard, sessions, cartLines),
    get: async ({ parts: { id, customer } }) => {
      const lines = await sessions.lines(id, customer)
      if (lines === undefined) throw new ResError("system.notFound")
      return [...lines.keys()].map((line) => lineReference(id, customer, line))
    },
  })
}

/** Serves `cartLine`. */
export function lineResource(guard: Guard, sessions: Sessions) {
  return handle(cartLine, {
    ...sessionQueue,
    access: sessionAccess(guard, sessions, cartLine),
    get: async ({ parts: { id, customer, line } }) => (await sessions.lines(id, customer))?.get(line),
  })
}
