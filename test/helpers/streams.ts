import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream"
import { connect } from "nats"
import type { TestNats } from "./nats.ts"
import { PATIENCE_MS } from "./until.ts"

/** The names of all streams, those of buckets among them. */
export async function streamNames(jsm: JetStreamManager): Promise<string[]> {
  const names: string[] = []
  for await (const { config } of jsm.streams.list()) names.push(config.name)
  return names
}

/** Deletes all streams but some, and forbids everybody to make streams. It restarts nats-server for that. */
export async function deleteForGood(nats: TestNats, except: readonly string[] = []): Promise<void> {
  const admin = { user: "admin", password: "admin" }
  const others = { user: "others", password: "others", permissions: { publish: { deny: ["$JS.API.STREAM.CREATE.>"] } } }
  await nats.restart(`authorization ${JSON.stringify({ users: [admin, others] })}\nno_auth_user: others`)
  const nc = await connect({ servers: nats.url, user: admin.user, pass: admin.password })
  const jsm = await jetstreamManager(nc, { timeout: PATIENCE_MS })
  for (const name of await streamNames(jsm)) if (!except.includes(name)) await jsm.streams.delete(name)
  await nc.close()
}
