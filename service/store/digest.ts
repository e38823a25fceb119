import { handle } from "res-service"
import { digest } from "../../contract/store.ts"
import type { Guard } from "../auth/guard.ts"
import type { Digests } from "./digests.ts"

/** As the baskets that the digest is made from: see `shopQueue`. */
const TIMEOUT_MS = 10_000

/** Serves `digest`; access as the policy says. */
export function digestResource(guard: Guard, digests: Digests) {
  return handle(digest, {
    mode: { access: "free" },
    anywhere: ["access"],
    timeoutMs: TIMEOUT_MS,
    checkCalls: true,
    access: guard.access(digest),
    get: (req) => digests.get(req.parts.shop_id, (waitMs) => req.extendTimeout(waitMs)),
    call: {
      report: {
        mode: "free",
        handle: async (req, { what, seq }) => {
          await guard.check(digest, "report", req)
          digests.report(req.parts.shop_id, what, seq, Date.now())
        },
      },
    },
  })
}
