import type { Client, MirrorOf } from "res-service/client"
import { sessionStatus } from "../../contract/session.ts"
import { encodeMessage } from "./messages.ts"

/** Changes within this time, in ms, are shown together. */
const PAUSE_MS = 50

/** What members of a session share beside their carts, for sockets that have asked for it. */
export class StatusMirror {
  readonly #status: MirrorOf<typeof sessionStatus>
  readonly #onChange: () => void
  #message: string | undefined
  #telling: NodeJS.Timeout | undefined

  constructor(client: Client, parts: { readonly id: string }, onChange: () => void) {
    this.#onChange = onChange
    this.#status = client.mirror(sessionStatus, parts)
    // An older service has no status. Then nothing is shown.
    this.#status.ready.then(
      () => this.#change(),
      () => {},
    )
    this.#status.onEvent(({ type }) => type === "reaccess" || this.#change())
  }

  /** The message `sessionStatus`; undefined while nothing is loaded. */
  get message(): string | undefined {
    const status = this.#status.value
    if (status !== null) this.#message ??= encodeMessage("sessionStatus", { status })
    return this.#message
  }

  close(): void {
    clearTimeout(this.#telling)
    this.#status.close()
  }

  #change(): void {
    this.#message = undefined
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined
      this.#onChange()
    }, PAUSE_MS)
  }
}
