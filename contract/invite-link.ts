import { isSessionId } from "./session-id.ts"

/** The parameter of a page's address that invites to a session, as old pages have it. */
const ID_PARAMETER = "buddyshoppingId"
/** The parameter for an invitation that the host has made, for a session that lets nobody in without one. */
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

/**
 * The page's address that invites to a session, in the place of another invitation in it. All else stays as it is, byte for
 * byte: shops have queries that are no parameters (`?/category/12`), or are not in UTF-8 (`?q=%E4`).
 */
export function inviteUrl(page: string, { sessionId, invite }: Invitation): string {
  const { path, query, fragment } = split(withoutInvite(page))
  const own = [`${ID_PARAMETER}=${encodeURIComponent(sessionId)}`]
  if (invite !== undefined) own.push(`${INVITE_PARAMETER}=${encodeURIComponent(invite)}`)
  return `${path}?${[...(query ?? []), ...own].join("&")}${fragment}`
}

/** The page's address without the invitation; all else stays as it is, byte for byte. */
export function withoutInvite(page: string): string {
  const { path, query, fragment } = split(page)
  const left = query?.filter((piece) => !isOwn(piece))
  if (left === undefined || left.length === query?.length) return page
  return `${path}${left.length === 0 ? "" : `?${left.join("&")}`}${fragment}`
}

/** The pieces of a query, which `&` separates; undefined without a `?`. */
function split(page: string): { path: string; query: string[] | undefined; fragment: string } {
  const [, path = "", query, fragment = ""] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(page) ?? []
  return { path, query: query?.split("&"), fragment }
}

function isOwn(piece: string): boolean {
  const params = new URLSearchParams(piece)
  return params.has(ID_PARAMETER) || params.has(INVITE_PARAMETER)
}
