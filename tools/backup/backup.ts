import { access, mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { type JetStreamManager, jetstreamManager, type StreamInfo } from "@nats-io/jetstream"
import type { Db } from "mongodb"
import { type NatsConnection, TimeoutError } from "nats"
import { collections } from "../../service/archive/indexes.ts"
import { CLUSTER_NOT_READY, isApiError } from "../../service/jetstream/api-error.ts"
import { STREAM } from "../../service/log/stream.ts"
import { BackupError, orBackupError } from "./backup-error.ts"
import { copyCollection, restoreCollection } from "./collection-copy.ts"
import { restoreStream, type StreamSnapshot, snapshotStream } from "./stream-snapshot.ts"

/** Written last, so a folder without it has no whole backup. */
const CONTENTS = "backup.json"

/** Of the folder; another one is not restored. */
const FORMAT = 1

/** Most time until there is a leader, in ms. A cluster elects one within seconds. */
const LEADER_MS = 30_000

/** Most time for a leader's answer, and until it is asked again after an error, in ms. */
const ANSWER_MS = 2000
const PAUSE_MS = 100

interface Contents {
  readonly format: number
  /** ISO date-time of the end. */
  readonly made_at: string
  readonly streams: readonly StreamSnapshot[]
  /** Number of documents, by collection; null: without the archive. */
  readonly archive: Readonly<Record<string, number>> | null
}

/** Receives one line about each thing that was done. The next one waits for it. */
type Say = (line: string) => void | Promise<void>

/**
 * Copies all streams and buckets of the connection's account, and the archive, to a folder: `backup.json`, `<stream>.snapshot`, and
 * `<collection>.bson`. The product stays in use, but for the archivers: what they archive meanwhile would be missing in one of the two.
 *
 * The log comes last. So all that the other streams know of it, as snapshots of shops do, is in it.
 *
 * @throws {BackupError} the folder is not empty, something refuses, or an archiver has archived something meanwhile
 */
export async function backUp(nc: NatsConnection, archive: Db | undefined, folder: string, say: Say): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await readdir(folder)).length > 0) throw new BackupError(`${folder} is not empty`)
  const infos = await streamInfos(nc)
  if (!infos.some(({ config }) => config.name === STREAM))
    throw new BackupError(`NATS has no stream ${STREAM}: there is nothing to back up`)
  const before = await archivedUpTo(nc)
  const documents: Record<string, number> = {}
  for (const collection of archive === undefined ? [] : collections) {
    documents[collection] = await copyCollection(archive as Db, collection, collectionFile(folder, collection))
    await say(`${collection}: ${documents[collection]} documents`)
  }
  const streams: StreamSnapshot[] = []
  for (const info of infos) {
    const { name } = info.config
    const snapshot = await snapshotStream(nc, info, snapshotFile(folder, name))
    streams.push(snapshot)
    await say(`${name}: ${snapshot.state.messages} messages`)
  }
  if (archive !== undefined && (await archivedUpTo(nc)) !== before)
    throw new BackupError("an archiver has archived something meanwhile: stop the archivers, and begin again")
  const contents: Contents = {
    format: FORMAT,
    made_at: new Date().toISOString(),
    streams,
    archive: archive === undefined ? null : documents,
  }
  await writeFile(join(folder, CONTENTS), `${JSON.stringify(contents, null, 2)}\n`, { mode: 0o600 })
}

/**
 * Restores a backup on a NATS and a MongoDB that are empty. No service, edge or archiver may run.
 *
 * @param replicas of all streams, as the setting NATS_REPLICAS
 * @throws {BackupError} the folder has no whole backup, a stream or collection exists, or something refuses
 */
export async function restore(
  nc: NatsConnection,
  archive: Db | undefined,
  folder: string,
  replicas: number,
  say: Say,
): Promise<void> {
  const contents = await contentsOf(folder)
  const existing = (await streamInfos(nc)).map(({ config }) => config.name)
  if (existing.length > 0) throw new BackupError(`NATS is not empty: it has the streams ${existing.join(", ")}`)
  if (contents.archive !== null && archive === undefined)
    throw new BackupError("the backup has an archive: expected MONGO_URL, where it is to be restored")
  const restored = archive === undefined || contents.archive === null ? [] : Object.entries(contents.archive)
  for (const [collection] of restored)
    if ((await archive?.collection(collection).findOne()) !== null)
      throw new BackupError(`MongoDB is not empty: it has documents in ${collection}`)
  for (const [collection, count] of restored) {
    await restoreCollection(archive as Db, collection, collectionFile(folder, collection))
    await say(`${collection}: ${count} documents`)
  }
  for (const snapshot of contents.streams) {
    const { name } = snapshot.config
    await restoreStream(nc, snapshot, snapshotFile(folder, name), replicas)
    await say(`${name}: ${snapshot.state.messages} messages`)
  }
}

async function contentsOf(folder: string): Promise<Contents> {
  const file = join(folder, CONTENTS)
  const text = await readFile(file, "utf8").catch(() => {
    throw new BackupError(`${folder} has no whole backup: there is no ${CONTENTS}`)
  })
  const contents = parsed(text)
  if (contents === undefined) throw new BackupError(`${file} is no JSON: it was not copied as a whole`)
  if (contents.format !== FORMAT)
    throw new BackupError(`${file} has format ${contents.format}: expected ${FORMAT}; use the version that made it`)
  // Before anything is restored: a NATS with half of the streams would have to be emptied again.
  const expected = [
    ...contents.streams.map(({ config }) => snapshotFile(folder, config.name)),
    ...Object.keys(contents.archive ?? {}).map((collection) => collectionFile(folder, collection)),
  ]
  for (const each of expected)
    await access(each).catch(() => {
      throw new BackupError(`${folder} has no whole backup: ${each} cannot be read`)
    })
  return contents
}

function parsed(text: string): Contents | undefined {
  try {
    return JSON.parse(text) as Contents
  } catch {
    return undefined
  }
}

function collectionFile(folder: string, collection: string): string {
  return join(folder, `${collection}.bson`)
}

function snapshotFile(folder: string, stream: string): string {
  return join(folder, `${stream}.snapshot`)
}

/** The log last. */
async function streamInfos(nc: NatsConnection): Promise<StreamInfo[]> {
  const infos = await orBackupError("JetStream's streams", listStreams(nc))
  return infos.toSorted(({ config: { name: a } }, { config: { name: b } }) => {
    return Number(a === STREAM) - Number(b === STREAM) || a.localeCompare(b)
  })
}

// By their names. A cluster's list of infos has a stream twice while its leader changes, and leaves it out while it has none.
async function listStreams(nc: NatsConnection): Promise<StreamInfo[]> {
  const { streams } = await managerOf(nc)
  const infos: StreamInfo[] = []
  for (const name of await fromLeader(() => listed(streams.names())))
    infos.push(await fromLeader(() => streams.info(name)))
  return infos
}

/** How far each archiver's consumer of the log has come, as a text to compare. */
async function archivedUpTo(nc: NatsConnection): Promise<string> {
  const { consumers } = await managerOf(nc)
  return (await fromLeader(() => listed(consumers.list(STREAM))))
    .filter(({ config }) => config.durable_name !== undefined)
    .map(({ name, ack_floor }) => `${name}: ${ack_floor.stream_seq}`)
    .join("\n")
}

function managerOf(nc: NatsConnection): Promise<JetStreamManager> {
  return jetstreamManager(nc, { checkAPI: false, timeout: ANSWER_MS })
}

/** Asks JetStream, again while nobody answers: in a cluster, the servers and each stream are without a leader for some seconds after a fault. */
async function fromLeader<T>(ask: () => Promise<T>): Promise<T> {
  for (const end = performance.now() + LEADER_MS; ; ) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof TimeoutError || isApiError(error, CLUSTER_NOT_READY)) || performance.now() > end)
        throw error
    }
    await sleep(PAUSE_MS)
  }
}

async function listed<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
