import { isSessionId } from "../../contract/session-id.ts"
import type { Shelf } from "../shelf.ts"
import { toJson } from "./json.ts"
import { isRecord } from "./protocol.ts"

/** What a page needs in order to be the same customer again after it was loaded again. */
export interface Remembered {
  readonly sessionId: string
  readonly customerName: string
  readonly customerId: string
  /** Undefined: the edge gave none, so the customer has to come anew. */
  readonly resumeToken: string | undefined
  /** The invitation that the customer came by, or, as the host, made last. */
  readonly invite: string | undefined
}

/**
 * Keeps who the customer is in which session of an edge. With a tab's `sessionStorage` two tabs are two customers. A browser
 * that keeps nothing for this page costs only the resuming.
 */
export class Memory {
  readonly #key: string
  readonly #shelf: Shelf

  constructor(edgeUrl: string, shelf: Shelf) {
    this.#key = `buddyshopping:${edgeUrl}`
    this.#shelf = shelf
  }

  load(): Remembered | undefined {
    try {
      const value: unknown = JSON.parse(this.#shelf.getItem(this.#key) ?? "null")
      if (!isRecord(value)) return undefined
      const { sessionId, customerName, customerId, resumeToken, invite } = value
      if (typeof sessionId !== "string" || !isSessionId(sessionId)) return undefined
      if (typeof customerName !== "string" || typeof customerId !== "string") return undefined
      return {
        sessionId,
        customerName,
        customerId,
        resumeToken: textOf(resumeToken),
        invite: textOf(invite),
      }
    } catch {
      return undefined
    }
  }

  save(remembered: Remembered): void {
    this.#shelf.setItem(this.#key, toJson(remembered))
  }

  clear(): void {
    this.#shelf.removeItem(this.#key)
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined
}
