/** What a shared session's ID must be, in words for people. */
export const SESSION_ID_RULE = "1 to 64 letters, digits, _, ~ or -"

/** What `isSessionId` tests. */
export const SESSION_ID = /^[A-Za-z0-9_~-]{1,64}$/

/**
 * True for a shared session's ID, as it stands in resource names, paths and links. Old storefronts make theirs with nanoid 1,
 * whose alphabet has `~`. Pages use this too, so it comes without zod.
 */
export function isSessionId(text: string): boolean {
  return SESSION_ID.test(text)
}
