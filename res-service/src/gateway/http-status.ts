import { ResError } from "../errors.ts"

/** The HTTP status of each error code, as in Resgate. All other codes are 400. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
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
  return STATUS_OF_CODE[error.code] ?? 400
}

/** Errors that exist only in HTTP answers. */
export const httpErrors = {
  badRequest: (): ResError => new ResError("system.badRequest", "Bad request"),
  forbidden: (): ResError => new ResError("system.forbidden", "Forbidden"),
  forbiddenOrigin: (): ResError => new ResError("system.forbidden", "Forbidden origin"),
  forbiddenHost: (): ResError => new ResError("system.forbidden", "Forbidden host"),
  methodNotAllowed: (): ResError => new ResError("system.methodNotAllowed", "Method not allowed"),
  notImplemented: (): ResError => new ResError("system.notImplemented", "Not implemented"),
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
      return httpErrors.forbidden()
    case 404:
    case 410:
      return new ResError("system.notFound")
    case 405:
      return httpErrors.methodNotAllowed()
    case 408:
    case 504:
      return new ResError("system.timeout")
    case 501:
      return httpErrors.notImplemented()
    case 503:
      return new ResError("system.serviceUnavailable")
    default:
      return status >= 400 && status < 500 ? httpErrors.badRequest() : new ResError("system.internalError")
  }
}
