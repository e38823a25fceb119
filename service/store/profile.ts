import { dataValue, handle } from "res-service"
import type { ContentOf } from "res-service/contract"
import type { Profile } from "../../contract/profile.ts"
import { profile } from "../../contract/store.ts"
import type { Guard } from "../auth/guard.ts"
import { differences } from "../differences.ts"
import type { Profiles } from "./profiles.ts"

/**
 * Serves `profile`; access as the policy says.
 *
 * @param onDaysChange called when a shop's days are others from now on
 */
export function profileResource(guard: Guard, profiles: Profiles, onDaysChange: (shopId: string) => Promise<void>) {
  return handle(profile, {
    mode: { access: "free" },
    anywhere: ["access"],
    checkCalls: true,
    access: guard.access(profile),
    get: async (req) => profileModel(await profiles.of(req.parts.shop_id)),
    call: {
      set: async (req, patch) => {
        await guard.check(profile, "set", req)
        const { before, after } = await profiles.set(req.parts.shop_id, patch)
        req.events.change(differences(profileModel(before), profileModel(after)))
        const isSame = before.time_zone === after.time_zone && before.abandoned_after_s === after.abandoned_after_s
        if (!isSame) await onDaysChange(req.parts.shop_id)
        return after
      },
    },
  })
}

/** A profile as its resource has it. */
export function profileModel({ languages, opening_hours, ...rest }: Profile): ContentOf<typeof profile> {
  return {
    ...rest,
    languages: dataValue(languages),
    opening_hours: opening_hours === null ? null : dataValue(opening_hours),
  }
}
