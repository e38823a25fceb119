import { handle } from "res-service"
import type { ValueOf } from "res-service/contract"
import { health } from "../contract/shopwire.ts"
import type { Guard } from "./auth/guard.ts"

/** Serves `health`. */
export function healthResource(guard: Guard, probe: () => Promise<ValueOf<typeof health>>) {
  return handle(health, { mode: { access: "free", get: "free" }, access: guard.access(health), get: probe })
}
