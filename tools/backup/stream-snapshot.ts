import { createReadStream } from "node:fs"
import { open } from "node:fs/promises"
import type { StreamConfig, StreamInfo, StreamState } from "@nats-io/jetstream"
import { deadline, type NatsConnection } from "nats"
import { newInbox } from "res-service"
import { createdMetadata, createdOf } from "../../service/jetstream/stream-identity.ts"
import { BackupError, orBackupError } from "./backup-error.ts"

/** Of a snapshot, and of a message of a restore, in bytes. */
const CHUNK_BYTES = 128 * 1024

/** Most time for nats-server's next step, in ms. */
const STEP_MS = 60_000

/** Most time until it has checked a stream, which it reads for that, or has read what was restored, in ms: enough for some 100 GB. */
const WHOLE_STREAM_MS = 30 * 60_000

/** What nats-server needs to restore a stream, beside the bytes of its snapshot. */
export interface StreamSnapshot {
  /** When the stream was made: see `createdOf`. */
  readonly created: string
  readonly config: StreamConfig
  readonly state: StreamState
}

/** Errors as JetStream's API answers them. */
interface ApiAnswer {
  readonly error?: { readonly description: string }
}

/**
 * Writes a snapshot of a stream, with its messages and consumers, to a file. Whatever is stored meanwhile is not in it. The stream stays in
 * use. Every message's checksum is checked.
 *
 * @throws {BackupError} nats-server refuses or does not go on
 * @see nats-server's `JSApiStreamSnapshotRequest`, which no NATS client for JavaScript knows
 */
export async function snapshotStream(nc: NatsConnection, info: StreamInfo, file: string): Promise<StreamSnapshot> {
  const stream = info.config.name
  const deliver_subject = newInbox(nc)
  const chunks = nc.subscribe(deliver_subject)
  const output = await open(file, "wx", 0o600)
  try {
    const request = { deliver_subject, chunk_size: CHUNK_BYTES, jsck: true }
    const { config, state } = await ask<Pick<StreamSnapshot, "config" | "state">>(
      nc,
      `$JS.API.STREAM.SNAPSHOT.${stream}`,
      JSON.stringify(request),
      WHOLE_STREAM_MS,
    )
    const messages = chunks[Symbol.asyncIterator]()
    for (;;) {
      const { value: message } = await step(stream, messages.next())
      if (message === undefined) throw new BackupError(`${stream}: the connection to NATS was closed`)
      if (message.data.length === 0) {
        // The end; with another status than 204 before the whole snapshot was sent.
        const { code = 204, description = "" } = message.headers ?? {}
        if (code !== 0 && code !== 204)
          throw new BackupError(`${stream}: nats-server broke off: ${code} ${description}`)
        return { created: createdOf(info), config, state }
      }
      await output.write(message.data)
      // Makes nats-server send more.
      message.respond()
    }
  } finally {
    chunks.unsubscribe()
    await output.close()
  }
}

/**
 * Makes a stream from a snapshot: the same messages, sequences, times, consumers and identity.
 *
 * @param replicas on how many nats-servers it is stored, whatever it was before
 * @throws {BackupError} nats-server refuses, for example because there is such a stream
 */
export async function restoreStream(
  nc: NatsConnection,
  { created, config, state }: StreamSnapshot,
  file: string,
  replicas: number,
): Promise<void> {
  const { name } = config
  const metadata = { ...config.metadata, ...createdMetadata(created) }
  const request = { config: { ...config, metadata, num_replicas: replicas }, state }
  const subject = `$JS.API.STREAM.RESTORE.${name}`
  const { deliver_subject } = await ask<{ readonly deliver_subject: string }>(nc, subject, JSON.stringify(request))
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES }))
    await ask(nc, deliver_subject, chunk)
  await ask(nc, deliver_subject, "", WHOLE_STREAM_MS)
}

/** @throws {BackupError} the answer is an error */
async function ask<T extends object>(
  nc: NatsConnection,
  subject: string,
  data: string | Uint8Array,
  timeout = STEP_MS,
): Promise<T> {
  const answer = await orBackupError(subject, nc.request(subject, data, { timeout }))
  const { error, ...result } = (answer.data.length === 0 ? {} : answer.json<ApiAnswer & T>()) as ApiAnswer & T
  if (error !== undefined) throw new BackupError(`${subject}: ${error.description}`)
  return result as unknown as T
}

function step<T>(what: string, work: Promise<T>): Promise<T> {
  return orBackupError(what, deadline(work, STEP_MS))
}
