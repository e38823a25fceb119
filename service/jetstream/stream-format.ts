import type { StreamInfo } from "@nats-io/jetstream"
import { SettingError } from "../../config/settings.ts"

/** Where a stream's metadata has the version of its format. */
const KEY = "shopwire.format"

/** Also the format of streams without a version: those that were made before versions were stored. */
const FIRST = 1

/**
 * A stream has a format that this version of shopwire cannot read or would destroy. Nothing was changed.
 *
 * A format needs another version only if the earlier release could not read what this one writes, or the other way round. What is optional,
 * and what is upgraded when it is read (snapshots, days, documents of the archive), does not count.
 */
export class StreamFormatError extends SettingError {}

/** The metadata of a stream with a format. */
export function formatMetadata(format = FIRST): Record<string, string> {
  return { [KEY]: String(format) }
}

/** @throws {StreamFormatError} the stream has another format */
export function checkFormat({ config }: Pick<StreamInfo, "config">, format = FIRST): void {
  const stored = config.metadata?.[KEY] ?? String(FIRST)
  if (stored === String(format)) return
  const isNewer = Number(stored) > format
  throw new StreamFormatError(
    `the stream ${config.name} has format ${stored}, which a${isNewer ? " newer" : "n older"} version of shopwire wrote; this version reads format ${format}: ` +
      (isNewer
        ? "start that version, or restore a backup from before the upgrade"
        : "start a version between the two, which converts it"),
  )
}
