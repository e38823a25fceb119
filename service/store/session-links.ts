import { LatestKeys, ResError } from "res-service"
import type { Publication } from "../../contract/publication.ts"
import { LatestTasks } from "../latest-tasks.ts"
import type { SessionOwner } from "../shared-baskets.ts"

/** The status of a basket that is a member's cart. */
const JOINED = "joined"
/** Most baskets that one publication makes carts. */
const MAX_BASKETS = 20
/** Most links that are being made; more are dropped, and repeated with the next event of their basket. */
const MAX_LINKS = 200
/** Most baskets whose status is known. */
const MAX_KNOWN = 5000

/**
 * Makes shoppers members of the shared sessions that their events name, after these are stored. Each event repeats it, so that a link that
 * was lost is made with the next one. Nobody waits for it: the status of a basket is what its earlier events have brought.
 */
export class SessionLinks {
  readonly #sessions: SessionOwner
  readonly #links = new LatestTasks(MAX_LINKS)
  readonly #known = new LatestKeys<string, string>(MAX_KNOWN)

  constructor(sessions: SessionOwner) {
    this.#sessions = sessions
  }

  /**
   * Returns what is known of the last event's basket: `joined`, an error's code, or undefined.
   *
   * @param seq of the last event
   */
  make(shop_id: string, { events, shared }: Publication, seq: number): string | undefined {
    if (shared === undefined) return undefined
    const { name, invite, sessions } = shared
    const named = new Map(events.map(({ session_id }, i) => [session_id, sessions[i]]))
    const last = events.at(-1)?.session_id
    let status: string | undefined
    for (const [session_id, session] of [...named].slice(-MAX_BASKETS)) {
      if (typeof session !== "string") continue
      const key = `${session} ${shop_id} ${session_id}`
      if (session_id === last) status = this.#known.get(key)
      const link = { basket: { shop_id, session_id }, seq, name, invite }
      this.#links.run(key, async () => this.#keep(key, await this.#sessions.link(session, link).then(joined, codeOf)))
    }
    return status
  }

  #keep(key: string, status: string | undefined): void {
    if (status === undefined) this.#known.delete(key)
    else this.#known.set(key, status)
  }
}

function joined(): string {
  return JOINED
}

/** The session's refusal. Undefined: its owner has not answered, so nothing is known. */
function codeOf(error: unknown): string | undefined {
  const { code } = ResError.from(error)
  return code.startsWith("session.") ? code : undefined
}
