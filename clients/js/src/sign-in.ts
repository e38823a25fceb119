import type { Connection } from "./connection.ts"
import { type AuthConfig, type Credentials, renew } from "./firebase.ts"
import { Observable } from "./observable.ts"
import { type Shelf, shelf } from "./shelf.ts"

/** The key of the credentials in the storage. */
const STORED = "shopwire.session"

/** Renews a token this long before it expires, in ms, and repeats failed attempts until then. */
const RENEW_BEFORE_MS = 5 * 60_000
const RENEW_AGAIN_MS = 20_000

/** The user of a page or program: signs in on the connection, and renews the token in time. */
export class SignIn {
  /** Undefined while nobody is signed in. Whether the service accepts them: `Connection.auth`. */
  readonly credentials: Observable<Credentials | undefined>
  readonly #connection: Connection
  readonly #auth: AuthConfig
  readonly #storage: Shelf
  #timer: ReturnType<typeof setTimeout> | undefined
  #isRunning = false

  /**
   * @param auth where to renew tokens; only Firebase's are renewed
   * @param storage keeps the credentials. Default: the tab's own storage, so that closing the tab signs out
   */
  constructor(connection: Connection, auth: AuthConfig, storage: Shelf = shelf(() => sessionStorage)) {
    this.#connection = connection
    this.#auth = auth
    this.#storage = storage
    this.credentials = new Observable(stored(storage))
  }

  /** Signs in with the stored credentials, if there are any, and keeps the token fresh until `stop`. */
  start(): void {
    this.#isRunning = true
    this.#use(this.credentials.get())
  }

  stop(): void {
    this.#isRunning = false
    clearTimeout(this.#timer)
  }

  /** Signs in with these credentials; signs out with undefined. */
  change(next: Credentials | undefined): void {
    this.#keep(next)
    if (next === undefined) void this.#connection.logout()
  }

  #keep(next: Credentials | undefined): void {
    if (next === undefined) this.#storage.removeItem(STORED)
    else this.#storage.setItem(STORED, JSON.stringify(next))
    this.credentials.set(next)
    if (this.#isRunning) this.#use(next)
  }

  #use(credentials: Credentials | undefined): void {
    clearTimeout(this.#timer)
    if (credentials === undefined) return
    void this.#connection.login(credentials.token)
    const { refreshToken, expiresAt } = credentials
    if (refreshToken === undefined || expiresAt === undefined) return
    const isCurrent = (): boolean => this.#isRunning && this.credentials.get() === credentials
    const renewOnce = (): void => {
      renew(this.#auth, refreshToken).then(
        (next) => {
          if (isCurrent()) this.#keep(next)
        },
        () => {
          if (isCurrent() && Date.now() < expiresAt) this.#timer = setTimeout(renewOnce, RENEW_AGAIN_MS)
        },
      )
    }
    this.#timer = setTimeout(renewOnce, Math.max(0, expiresAt - RENEW_BEFORE_MS - Date.now()))
  }
}

function stored(storage: Shelf): Credentials | undefined {
  const found = parsed(storage.getItem(STORED))
  if (typeof found !== "object" || found === null) return undefined
  const { token, refreshToken, expiresAt } = found as Partial<Record<keyof Credentials, unknown>>
  if (typeof token !== "string") return undefined
  return {
    token,
    ...(typeof refreshToken === "string" && { refreshToken }),
    ...(typeof expiresAt === "number" && { expiresAt }),
  }
}

/** The value of a JSON text; undefined when the text is not JSON. */
function parsed(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
