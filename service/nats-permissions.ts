import { setTimeout as sleep } from "node:timers/promises"
import { AuthorizationError, connect, type NatsConnection } from "nats"
import { serverOptions } from "../config/process.ts"
import { SettingError } from "../config/settings.ts"

/** Where answers to gateways go, for nobody else's eyes: with `config/nats.conf` no other login may listen there. */
const GATEWAYS_INBOX = "_INBOX.>"

const TIMEOUT_MS = 5000
/** Time for the server's refusal, which comes before the answer to a flush, to reach the subscription. */
const REFUSAL_MS = 50

/**
 * Makes sure that NATS keeps people apart: tokens are worth nothing where anybody can send events, or read what gateways are
 * answered.
 *
 * @throws {SettingError} NATS lets in who has no login and may listen to gateways, or lets the service's own login
 */
export async function checkNatsPermissions(nc: NatsConnection, url: string | undefined, auth: string): Promise<void> {
  const refuse = (who: string): never => {
    throw new SettingError(
      `AUTH=${auth}: expected a NATS with permissions, but ${who} may read what gateways are answered; ` +
        "see config/nats.conf, or set ALLOW_OPEN_NATS=true",
    )
  }
  if (await mayListen(nc)) refuse("the service's own login")
  const stranger = await connectAsStranger(url)
  if (stranger === undefined) return
  try {
    if (await mayListen(stranger)) refuse("anybody without a login")
  } finally {
    await stranger.close()
  }
}

/** A connection without a login; undefined when there is no such. */
async function connectAsStranger(url: string | undefined): Promise<NatsConnection | undefined> {
  try {
    const { servers } = serverOptions(url)
    return await connect({ ...(servers === undefined ? {} : { servers }), reconnect: false, timeout: TIMEOUT_MS })
  } catch (error) {
    if (error instanceof AuthorizationError) return undefined
    throw error
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
