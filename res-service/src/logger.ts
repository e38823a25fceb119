/**
 * Where the library logs. Any logger with pino's call style will do: an object with details, then a text.
 *
 * `error`: someone must act · `warn`: something was refused or dropped · `info`: life of the process · `trace`: all traffic, with
 * tokens, headers and the params of auth requests blanked out.
 */
export interface Logger {
  error(details: object, message: string): void
  warn(details: object, message: string): void
  info(details: object, message: string): void
  debug(details: object, message: string): void
  trace(details: object, message: string): void
  /** Whether it writes lines of this level. Without it, details are collected for all of them. */
  isLevelEnabled?(level: string): boolean
}

const ignore = (): void => {}

/** Drops everything; the default everywhere. */
export const silentLogger: Logger = {
  error: ignore,
  warn: ignore,
  info: ignore,
  debug: ignore,
  trace: ignore,
}

/** Whether lines of a level are written, or may be. */
export function isLevelEnabled(logger: Logger, level: string): boolean {
  return logger.isLevelEnabled?.(level) ?? true
}

/** The same logger without the payloads of traced messages, for payloads that must not appear in a log. */
export function withoutPayloads(logger: Logger): Logger {
  return {
    error: (details, message) => logger.error(details, message),
    warn: (details, message) => logger.warn(details, message),
    info: (details, message) => logger.info(details, message),
    debug: (details, message) => logger.debug(details, message),
    trace: (details, message) => logger.trace({ ...details, payload: undefined }, message),
    isLevelEnabled: (level) => isLevelEnabled(logger, level),
  }
}
