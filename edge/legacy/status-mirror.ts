import type { Client, Mirror } from "res-service/client"
import { sessionMembers, sessionStatus } from "../../contract/session.ts"
import { encodeMessage } from "./messages.ts"

/** Changes within this time, in ms, are shown together. */
const PAUSE_MS = 50

/** What members of a session share beside their carts, and who they are, for sockets that have asked for it. */
export class StatusMirror {
  readonly #status
  readonly #members
  readonly #onChange: () => void
  #message: string | undefined
  #telling: NodeJS.Timeout | undefined

  constructor(client: Client, parts: { readonly id: string }, onChange: () => void) {
    this.#onChange = onChange
    this.#status = client.mirror(sessionStatus, parts)
    this.#members = client.mirror(sessionMembers, parts)
    this.#follow(this.#status)
    this.#follow(this.#members)
  }

  /** The message `sessionStatus`; undefined while it is not loaded. */
  get message(): string | undefined {
    const status = this.#status.value
    const members = this.#members.value
    if (status === null || members === null) return undefined
    this.#message ??= encodeMessage("sessionStatus", { status, members: members.filter((member) => member !== null) })
    return this.#message
  }

  close(): void {
    clearTimeout(this.#telling)
    this.#status.close()
    this.#members.close()
  }

  #follow(mirror: Pick<Mirror, "ready" | "onEvent">): void {
    // An older service has no status. Then nothing is shown.
    mirror.ready.then(
      () => this.#change(),
      () => {},
    )
    mirror.onEvent(({ type }) => type === "reaccess" || this.#change())
  }

  #change(): void {
    this.#message = undefined
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined
      this.#onChange()
    }, PAUSE_MS)
  }
}
