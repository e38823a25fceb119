import type { Profile } from "../../contract/profile.ts"
import { shops } from "./catalogue.ts"

/** Time for the gateway's answer, in ms. */
const TIMEOUT_MS = 5000

/**
 * Gives each shop of the demo its profile, unless somebody has set one already. Rejects if the gateway does not answer, or refuses.
 *
 * @param gatewayUrl `http://127.0.0.1:8080`
 * @param token may tend the shops; undefined: nobody needs one
 */
export async function setDemoProfiles(gatewayUrl: string, token: string | undefined): Promise<void> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  await Promise.all(
    shops.map(async ({ shop_id, name, profile }) => {
      const url = `${gatewayUrl}/api/store/${shop_id}/profile`
      const { set } = (await ask(url, { headers })) as Profile
      if (!set) await ask(`${url}/set`, { method: "POST", headers, body: JSON.stringify({ name, ...profile }) })
    }),
  )
}

async function ask(url: string, request: RequestInit): Promise<unknown> {
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
  return await response.json()
}
