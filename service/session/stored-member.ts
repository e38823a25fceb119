import { freeColour } from "./colours.ts"
import type { Member } from "./session.ts"

type Addition = "client" | "colour" | "since"

/** A member without what is stored with its cart. */
export type MemberWithoutCart = Omit<Member, "content" | "cartNumbers">

/** A member as it is stored, without its cart. An earlier release may have stored it, without what was added later. */
export type StoredMember = Omit<MemberWithoutCart, Addition> & Partial<Pick<Member, Addition>>

/** Members as a session has them, still without their carts. */
export function completed(members: readonly StoredMember[]): readonly MemberWithoutCart[] {
  const coloured = members.flatMap(({ colour }) => (colour === undefined ? [] : { colour }))
  return members.map(({ client = "other", colour, since, ...member }) => {
    if (colour !== undefined) return { ...member, client, colour, since }
    const free = { colour: freeColour(coloured) }
    coloured.push(free)
    return { ...member, client, ...free, since }
  })
}
