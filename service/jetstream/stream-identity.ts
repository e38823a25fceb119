import type { StreamInfo } from "@nats-io/jetstream"

/** Where a restored stream's metadata has the time at which the stream of the backup was made. */
const KEY = "shopwire.created"

/**
 * When a stream was made, by which its readers tell it from another one of the same name. nats-server takes the time of a restore for it, so
 * a restored stream has the first one in its metadata.
 */
export function createdOf({ config, created }: Pick<StreamInfo, "config" | "created">): string {
  return config.metadata?.[KEY] ?? created
}

/** The metadata of a stream that is restored. */
export function createdMetadata(created: string): Record<string, string> {
  return { [KEY]: created }
}

/** A stream's info with `created` as above. */
export function withIdentity(info: StreamInfo): StreamInfo {
  return { ...info, created: createdOf(info) }
}
