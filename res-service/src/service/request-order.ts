import { LatestKeys } from "../latest-keys.ts"
import { type RequestNumber, readRequestNumber } from "../request-number.ts"

/** Most keys whose newest request is known; the one that was asked about least recently is forgotten first. */
const MAX_KEYS = 10_000

/**
 * Tells requests that arrive late. NATS keeps the order of a requester's messages only while they take the same way: with several
 * processes in a queue group, a request that waits in one of them is overtaken by the next one, which another process got.
 */
export class RequestOrder {
  readonly #newest = new LatestKeys<string, RequestNumber>(MAX_KEYS)

  /** Whether a newer request with the same key, of the same requester, was asked about before. */
  isOutdated(key: string, replySubject: string): boolean {
    const asked = readRequestNumber(replySubject)
    if (asked === undefined) return false
    const newest = this.#newest.get(key)
    if (newest?.requester === asked.requester && newest.number > asked.number) return true
    this.#newest.set(key, asked)
    return false
  }
}
