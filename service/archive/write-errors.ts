import { MongoBulkWriteError, type WriteError } from "mongodb"

const DUPLICATE_KEY = 11000

/**
 * Codes by which MongoDB refuses a document for its content, now and later: BadValue, FailedToParse, TypeMismatch,
 * InvalidBSON, DocumentValidationFailure, CannotIndexParallelArrays, BSONObjectTooLarge, KeyTooLong, and a document that becomes too
 * large by an update.
 * Source: MongoDB 8.0, src/mongo/base/error_codes.yml.
 */
const FOR_GOOD: ReadonlySet<number> = new Set([2, 9, 14, 22, 121, 171, 10334, 17280, 17419])

/**
 * Codes that concern the server's state, although they come for a single document: HostUnreachable, HostNotFound, Unauthorized,
 * MaxTimeMSExpired, WriteConcernFailed, NetworkTimeout, ShutdownInProgress, WriteConflict, PrimarySteppedDown,
 * ExceededTimeLimit, SocketException, NotWritablePrimary, InterruptedAtShutdown, InterruptedDueToReplStateChange,
 * NotPrimaryNoSecondaryOk, OutOfDiskSpace.
 */
const OF_THE_SERVER: ReadonlySet<number> = new Set([
  6, 7, 13, 50, 64, 89, 91, 112, 189, 262, 9001, 10107, 11600, 11602, 13435, 14031,
])

/** Why a document of a bulk write was not written. */
export type Refusal =
  /** A document with that `_id` exists. */
  | { readonly kind: "exists" }
  /** MongoDB will never take it. `reason` has a code and an index's name, and nothing of the document. */
  | { readonly kind: "poison"; readonly reason: string }
  /** MongoDB may take it later. */
  | { readonly kind: "unclear"; readonly reason: string }

/**
 * The refused documents of an unordered bulk write, by their index in it. All others are written.
 *
 * @throws the error itself, when it does not concern single documents, or when the written ones may not have reached the majority
 */
export function refusals(error: unknown): ReadonlyMap<number, Refusal> {
  if (!(error instanceof MongoBulkWriteError)) throw error
  // MongoDB reports a duplicate only after the existing document has reached the majority.
  if (error.result.getWriteConcernError() !== undefined) throw error
  const errors = [error.writeErrors].flat()
  if (errors.length === 0 || errors.some(({ code }) => OF_THE_SERVER.has(code))) throw error
  return new Map(errors.map((each) => [each.index, refusal(each)]))
}

function refusal({ code, errmsg }: WriteError): Refusal {
  if (code === DUPLICATE_KEY) {
    // Only MongoDB itself has the index's name as a field; other servers have it in the message only.
    const index = /index: (\S+)/.exec(errmsg ?? "")?.[1] ?? "unknown"
    if (index === "_id_") return { kind: "exists" }
    return { kind: "poison", reason: `duplicate key (11000) in the index ${index}` }
  }
  const reason = `MongoDB refused it with code ${code}`
  return FOR_GOOD.has(code) ? { kind: "poison", reason } : { kind: "unclear", reason }
}
