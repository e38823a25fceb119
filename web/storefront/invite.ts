/** The parameter by which a page is invited to a session; that of `POST /sessions` too. */
const PARAMETER = "buddyshoppingId"

const SESSION_ID = /^[A-Za-z0-9_-]{1,64}$/

/** The session that a page's address invites to; undefined if it does not, or if that is no session id. */
export function invitedTo(page: string): string | undefined {
  const id = new URL(page).searchParams.get(PARAMETER)
  return id !== null && isSessionId(id) ? id : undefined
}

/** The page's address that invites to a session, without what follows a `#`. */
export function inviteUrl(page: string, sessionId: string): string {
  const url = new URL(page)
  url.hash = ""
  url.searchParams.set(PARAMETER, sessionId)
  return url.href
}

/** The page's address as it was without the invitation. */
export function withoutInvite(page: string): string {
  const url = new URL(page)
  url.searchParams.delete(PARAMETER)
  return url.href
}

export function isSessionId(id: string): boolean {
  return SESSION_ID.test(id)
}

/** A session id that nobody can guess: 128 random bits. */
export function newSessionId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")
}
