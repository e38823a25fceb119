import { isSessionId } from "../../service/schemas/session-id.ts"

/** The parameter by which a page is invited to a session; that of `POST /sessions` too. */
const ID_PARAMETER = "buddyshoppingId"
/** That of an invitation which the host has made, for a session that lets nobody in without. */
const INVITE_PARAMETER = "buddyshoppingInvite"

/** What a link invites to. */
export interface Invitation {
  readonly sessionId: string
  /** As the host's `createInvite` gave it; undefined where knowing the id is enough. */
  readonly invite: string | undefined
}

/** What a page's address invites to; undefined if to nothing, or if that is no session id. */
export function invitationIn(page: string): Invitation | undefined {
  const { searchParams } = new URL(page)
  const sessionId = searchParams.get(ID_PARAMETER)
  if (sessionId === null || !isSessionId(sessionId)) return undefined
  return { sessionId, invite: searchParams.get(INVITE_PARAMETER) ?? undefined }
}

/** The page's address that invites to a session, without what follows a `#`. */
export function inviteUrl(page: string, { sessionId, invite }: Invitation): string {
  const url = new URL(withoutInvite(page))
  url.hash = ""
  url.searchParams.set(ID_PARAMETER, sessionId)
  if (invite !== undefined) url.searchParams.set(INVITE_PARAMETER, invite)
  return url.href
}

/** The page's address as it was without the invitation. */
export function withoutInvite(page: string): string {
  const url = new URL(page)
  url.searchParams.delete(ID_PARAMETER)
  url.searchParams.delete(INVITE_PARAMETER)
  return url.href
}

/** A session id that nobody can guess: 128 random bits. */
export function newSessionId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")
}
