/**
 * Where the library reports. Any logger with pino's call style fits: an object with details, then a text.
 *
 * `error`: someone must act · `warn`: something was refused or dropped · `info`: life of the process ·
 * `trace`: all traffic, with tokens and headers blanked out.
 */
export interface Logger {
  error(details: object, message: string): void
  warn(details: object, message: string): void
  info(details: object, message: string): void
  debug(details: object, message: string): void
  trace(details: object, message: string): void
}

const ignore = (): void => {}

/** Drops everything; the default everywhere. */
export const silentLogger: Logger = { error: ignore, warn: ignore, info: ignore, debug: ignore, trace: ignore }
