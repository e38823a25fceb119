import { setTimeout as sleep } from "node:timers/promises"
import { AuthorizationError, type ConnectionOptions, connect, type NatsConnection } from "nats"
import { natsInfo } from "../config/nats-info.ts"
import { PROBE_NAME } from "../config/permissions-probe.ts"
import { serverOptions } from "../config/process.ts"
import { SettingError } from "../config/settings.ts"

/** Where gateways get their answers. With `config/nats.conf` no other login may listen there. */
const GATEWAYS_INBOX = "_INBOX.>"

const TIMEOUT_MS = 5000
/** Time for the server's refusal, which comes before the answer to a flush, to reach the subscription. */
const REFUSAL_MS = 50

/**
 * Checks that NATS has permissions. Tokens protect nothing when anyone can send events or read the answers to gateways. It connects and
 * tries to listen, which NATS must refuse.
 *
 * @param urls with the service's login
 * @throws {SettingError} NATS admits strangers who may listen to gateways, or lets the service's own login listen
 */
export async function checkNatsPermissions(urls: readonly string[] | undefined, auth: string): Promise<void> {
  const refuse = (who: string): never => {
    throw new SettingError(
      `AUTH=${auth}: expected a NATS with permissions, but ${who} may read what gateways are answered; ` +
        "see config/nats.conf, or set ALLOW_OPEN_NATS=true",
    )
  }
  const options = serverOptions(urls)
  await withProbe(options, async (own) => {
    if (await mayListen(own)) refuse("the service's own login")
  })
  for (const server of options.servers) {
    if (await refusesStrangers(server)) continue
    await withProbe({ servers: [server] }, async (stranger) => {
      if (await mayListen(stranger)) refuse("anybody without a login")
    }).catch((error: unknown) => {
      if (!(error instanceof AuthorizationError)) throw error
    })
  }
}

/** Whether the server's greeting asks for a login; false when the greeting cannot be read without TLS. */
async function refusesStrangers(url: string): Promise<boolean> {
  try {
    return (await natsInfo(url, AbortSignal.timeout(TIMEOUT_MS))).auth_required === true
  } catch {
    return false
  }
}

async function withProbe(options: ConnectionOptions, task: (nc: NatsConnection) => Promise<void>): Promise<void> {
  const nc = await connect({ ...options, name: PROBE_NAME, reconnect: false, timeout: TIMEOUT_MS })
  try {
    await task(nc)
  } finally {
    await nc.close()
  }
}

async function mayListen(nc: NatsConnection): Promise<boolean> {
  let refused = false
  const subscription = nc.subscribe(GATEWAYS_INBOX, {
    callback: (error) => {
      if (error !== null) refused = true
    },
  })
  try {
    await nc.flush()
    await sleep(REFUSAL_MS)
    return !refused
  } finally {
    subscription.unsubscribe()
  }
}
