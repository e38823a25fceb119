// The container's healthcheck of the service, which has no port: asks it over NATS whether it is ready. Exits 0 or 1.
import { connect } from "nats"
import { serverOptions } from "../../config/process.ts"
import { loadSettings } from "../../config/settings.ts"
import { health } from "../../contract/shopwire.ts"

/** Shorter than the healthcheck's own timeout, so that the reason is printed. */
const TIMEOUT_MS = 3000

try {
  const { NATS_URL } = loadSettings(["NATS_URL"])
  const nc = await connect({
    ...serverOptions(NATS_URL),
    timeout: TIMEOUT_MS,
    reconnect: false,
  })
  const answer = await nc.request(`get.${health.name({})}`, "{}", { timeout: TIMEOUT_MS })
  const { error } = answer.json<{ error?: unknown }>()
  if (error !== undefined) throw new Error(JSON.stringify(error))
  await nc.close()
} catch (error) {
  console.error(String(error))
  process.exit(1)
}
