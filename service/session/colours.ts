import { MEMBER_COLOURS } from "../../contract/session-members.ts"
import type { Member } from "./session.ts"

/** The colour of a newcomer: the first that the fewest members have. */
export function freeColour(members: readonly Pick<Member, "colour">[]): number {
  const uses = Array.from(
    { length: MEMBER_COLOURS },
    (_, colour) => members.filter((each) => each.colour === colour).length,
  )
  return uses.indexOf(Math.min(...uses))
}
