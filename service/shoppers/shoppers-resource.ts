import { method, model } from "res-service"
import { z } from "zod"
import { ShopperId } from "../../contract/publish-event.ts"
import type { Guard } from "../auth/guard.ts"
import type { Erased } from "./erasure.ts"

/** A person with a long history takes longer than the usual 3 s. */
const ERASE_TIMEOUT_MS = 60_000

const SHOPPERS = "shopwire.shoppers"

/** What is asked for when a person is to be erased. */
export const EraseParams = z.object({ shopper_id: ShopperId }, "expected a JSON object")

/**
 * `shopwire.shoppers`: nothing to get.
 *
 * call    erase({ shopper_id }) -> how much was removed where, an `Erased`; again: zeros
 * access  as the policy says (service/auth/policy.ts)
 * errors  system.invalidParams · system.accessDenied · auth.invalidToken · system.serviceUnavailable, store.archiveBehind: not all
 *         is erased yet, ask again
 */
export function shoppers(guard: Guard, erase: (shopperId: string) => Promise<Erased>) {
  return model(SHOPPERS, {
    mode: { access: "free" },
    checkCalls: true,
    timeoutMs: ERASE_TIMEOUT_MS,
    access: guard.access(SHOPPERS),
    call: {
      erase: method(
        EraseParams,
        async (req, { shopper_id }) => {
          await guard.check(SHOPPERS, "erase", req)
          return await erase(shopper_id)
        },
        { mode: "free" },
      ),
    },
  })
}
