import { ResError } from "../errors.ts"

/** The RES-Client protocol version that this gateway speaks. */
export const PROTOCOL_VERSION = "1.2.3"

/** Versions are numbers, so that they can be compared: 1.2.3 is 1002003. */
export const latestVersion = 1_002_003
/** The version of clients that do not tell theirs. */
export const defaultVersion = 1_001_001
/** Since this version, a call may be answered with a resource. */
export const resourceResponseVersion = 1_002_000
/** Since this version, there are soft references and data values. */
export const dataValueVersion = 1_002_001

/** Throws `system.invalidParams` for an invalid version, `system.unsupportedProtocol` for another major version. */
export function parseVersion(protocol: string): number {
  const parts = protocol.split(".")
  if (parts.length !== 3 || !parts.every((part) => /^[+-]?\d{1,}$/.test(part) && Number(part) < 1000)) {
    throw new ResError("system.invalidParams")
  }
  const [major = 0, minor = 0, patch = 0] = parts.map(Number)
  const version = (major * 1000 + minor) * 1000 + patch
  if (version < 1_000_000 || version >= 2_000_000) throw new ResError("system.unsupportedProtocol")
  return version
}
