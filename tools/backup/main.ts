// `npm run backup -- FOLDER` and `npm run restore -- FOLDER`: docs/operate/backup.md.
import { connect, type NatsConnection } from "nats"
import { serverOptions } from "../../config/process.ts"
import { loadSettings, SettingError } from "../../config/settings.ts"
import { openMongo } from "../../service/archive/mongo.ts"
import { backUp, restore } from "./backup.ts"
import { BackupError, orBackupError } from "./backup-error.ts"

try {
  await main(process.argv.slice(2))
} catch (error) {
  const expected = error instanceof SettingError || error instanceof BackupError
  process.stderr.write(`${expected ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
  process.exitCode = 1
}

async function main([task, folder, ...more]: readonly string[]): Promise<void> {
  if ((task !== "backup" && task !== "restore") || folder === undefined || more.length > 0)
    throw new BackupError("expected one folder: npm run backup -- FOLDER, or npm run restore -- FOLDER")
  const { NATS_URL, NATS_REPLICAS, MONGO_URL, MONGO_TIMEOUT_MS } = loadSettings([
    "NATS_URL",
    "NATS_REPLICAS",
    "MONGO_URL",
    "MONGO_TIMEOUT_MS",
  ])
  const mongo = MONGO_URL === undefined ? undefined : openMongo("shopwire-backup", MONGO_URL, MONGO_TIMEOUT_MS)
  const nc = await connectTo(NATS_URL)
  const say = (line: string): void => void process.stdout.write(`${line}\n`)
  try {
    if (mongo !== undefined) await orBackupError("MongoDB", mongo.connect())
    if (task === "backup") await backUp(nc, mongo?.db, folder, say)
    else await restore(nc, mongo?.db, folder, NATS_REPLICAS, say)
    say(task === "backup" ? `backed up to ${folder}` : `restored from ${folder}`)
  } finally {
    await nc.close()
    await mongo?.close()
  }
}

async function connectTo(urls: readonly string[] | undefined): Promise<NatsConnection> {
  const options = serverOptions(urls)
  return await orBackupError(`NATS at ${options.servers.join(", ")}`, connect({ name: "shopwire-backup", ...options }))
}
