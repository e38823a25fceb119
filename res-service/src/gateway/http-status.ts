import { ResError, type SystemErrorCode } from "../errors.ts"
import { type GatewayErrorCode, gatewayError } from "../gateway-errors.ts"

/** The HTTP status of each error code, as in Resgate. All other codes are 400. */
const STATUS_OF_CODE: { readonly [code in SystemErrorCode | GatewayErrorCode]?: number } = {
  "system.notFound": 404,
  "system.methodNotFound": 404,
  "system.timeout": 404,
  "system.accessDenied": 401,
  "system.methodNotAllowed": 405,
  "system.internalError": 500,
  "system.serviceUnavailable": 503,
  "system.forbidden": 403,
  "system.subjectTooLong": 414,
}

export function httpStatus(error: ResError): number {
  return (STATUS_OF_CODE as Readonly<Record<string, number>>)[error.code] ?? 400
}

/** The error for a status that a service asked for without an error of its own. */
export function errorOfStatus(status: number): ResError {
  switch (status) {
    case 401:
    case 402:
    case 407:
      return new ResError("system.accessDenied")
    case 403:
    case 451:
      return gatewayError("system.forbidden")
    case 404:
    case 410:
      return new ResError("system.notFound")
    case 405:
      return gatewayError("system.methodNotAllowed")
    case 408:
    case 504:
      return new ResError("system.timeout")
    case 501:
      return gatewayError("system.notImplemented")
    case 503:
      return new ResError("system.serviceUnavailable")
    default:
      return status >= 400 && status < 500 ? gatewayError("system.badRequest") : new ResError("system.internalError")
  }
}
