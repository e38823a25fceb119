import { MongoBulkWriteError, type WriteError } from "mongodb"

const DUPLICATE_KEY = 11000

/**
 * Codes by which MongoDB refuses a document for what it is, now and at any later time: BadValue, FailedToParse, TypeMismatch,
 * InvalidBSON, DocumentValidationFailure, CannotIndexParallelArrays, BSONObjectTooLarge, KeyTooLong, and a document that an update
 * makes too large.
 * Source: MongoDB 8.0, src/mongo/base/error_codes.yml.
 */
const FOR_GOOD: ReadonlySet<number> = new Set([2, 9, 14, 22, 121, 171, 10334, 17280, 17419])

/**
 * Codes that tell of the server's state, though they come for a single document: HostUnreachable, HostNotFound, Unauthorized,
 * MaxTimeMSExpired, WriteConcernFailed, NetworkTimeout, ShutdownInProgress, WriteConflict, PrimarySteppedDown,
 * ExceededTimeLimit, SocketException, NotWritablePrimary, InterruptedAtShutdown, InterruptedDueToReplStateChange,
 * NotPrimaryNoSecondaryOk, OutOfDiskSpace.
 */
const OF_THE_SERVER: ReadonlySet<number> = new Set([
  6, 7, 13, 50, 64, 89, 91, 112, 189, 262, 9001, 10107, 11600, 11602, 13435, 14031,
])

/** What came of one document in a bulk write that was not simply written. */
export type Refusal =
  /** A document with that `_id` was there. */
  | { readonly kind: "exists" }
  /** For good. `reason` has a code and an index's name, and nothing of the document. */
  | { readonly kind: "poison"; readonly reason: string }
  /** Perhaps not for good. */
  | { readonly kind: "unclear"; readonly reason: string }

/**
 * The documents of an unordered bulk write that were refused, by their place in it; all others are written.
 *
 * @throws the error itself, when it is not about single documents, or when the majority may lack those that were written
 */
export function refusals(error: unknown): ReadonlyMap<number, Refusal> {
  if (!(error instanceof MongoBulkWriteError)) throw error
  // Of duplicates, too, MongoDB answers only after the majority has what is there already.
  if (error.result.getWriteConcernError() !== undefined) throw error
  const errors = [error.writeErrors].flat()
  if (errors.length === 0 || errors.some(({ code }) => OF_THE_SERVER.has(code))) throw error
  return new Map(errors.map((each) => [each.index, refusal(each)]))
}

function refusal({ code, errmsg }: WriteError): Refusal {
  if (code === DUPLICATE_KEY) {
    // Both servers name the index alike; only MongoDB itself has it as a field too.
    const index = /index: (\S+)/.exec(errmsg ?? "")?.[1] ?? "unknown"
    if (index === "_id_") return { kind: "exists" }
    return { kind: "poison", reason: `duplicate key (11000) in the index ${index}` }
  }
  const reason = `MongoDB refused it with code ${code}`
  return FOR_GOOD.has(code) ? { kind: "poison", reason } : { kind: "unclear", reason }
}
