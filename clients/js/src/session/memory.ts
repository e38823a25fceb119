import { isRecord } from "../../../../contract/record.ts"
import { isSessionId } from "../../../../contract/session-id.ts"
import type { Shelf } from "../shelf.ts"
import { toJson } from "./json.ts"

/** What a page needs to be the same customer after a reload. */
export interface Remembered {
  readonly sessionId: string
  readonly customerName: string
  readonly customerId: string
  /** Undefined if the edge sent none: then the customer has to join again. */
  readonly resumeToken: string | undefined
  /** The invitation with which the customer joined, or which it made last as the host. */
  readonly invite: string | undefined
}

/**
 * Stores the session of an edge that the customer is in, and who the customer is there. With `sessionStorage`, each tab is a
 * customer of its own. If the browser stores nothing for this page, the customer cannot be resumed after a reload.
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
