import { type Issuer, newSigningKey } from "../helpers/issuer.ts"
import type { Tokens } from "./door.ts"
import { sides } from "./inputs.ts"

/** The tokens of all who take part. @param secret what the attacker must not see */
export async function tokensOf(issuer: Issuer, secret: string): Promise<Tokens> {
  const merchant = (sub: string, side: 0 | 1): Promise<string> =>
    issuer.token({ sub, role: "merchant", shops: [sides[side].shopId] })
  const everyShop = sides.map(({ shopId }) => shopId)
  return {
    attacker: await merchant("attacker", 0),
    forged: await issuer.token({ sub: "attacker", role: "admin", shops: everyShop }, newSigningKey()),
    watchers: [await merchant("merchant-0", 0), await merchant("merchant-1", 1)],
    admin: await issuer.token({ sub: "admin", role: "admin", shops: [] }),
    secret,
  }
}
