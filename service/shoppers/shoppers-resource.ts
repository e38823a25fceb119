import { handle } from "res-service"
import { type Erased, shoppers } from "../../contract/shopwire.ts"
import type { Guard } from "../auth/guard.ts"

/** Erasing a person with a long history takes longer than the usual 3 s. */
const ERASE_TIMEOUT_MS = 60_000

/** Serves `shoppers`; access as the policy says. */
export function shoppersResource(guard: Guard, erase: (shopperId: string) => Promise<Erased>) {
  return handle(shoppers, {
    mode: { access: "free" },
    checkCalls: true,
    timeoutMs: ERASE_TIMEOUT_MS,
    access: guard.access(shoppers),
    call: {
      erase: {
        mode: "free",
        handle: async (req, { shopper_id }) => {
          await guard.check(shoppers, "erase", req)
          return await erase(shopper_id)
        },
      },
    },
  })
}
