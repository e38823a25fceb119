import { z } from "zod"

/** On what a member shops: the widget, another storefront, an app in the shop, or not known. */
export const ClientKind = z.enum(["widget", "storefront", "app", "other"])
export type ClientKind = z.infer<typeof ClientKind>

/**
 * Whether somebody is there.
 * - `here`
 * - `idle`: its page says that it is hidden, or has had no input for a while
 * - `away`: its connection is gone or silent. After 30 s it is not a member any more
 */
export const Presence = z.enum(["here", "idle", "away"])
export type Presence = z.infer<typeof Presence>

/** The number of colours of members. */
export const MEMBER_COLOURS = 12

/** A member of a session, beside its cart. */
export const SessionMember = z.object({
  id: z.string(),
  name: z.string(),
  is_host: z.boolean(),
  is_ready: z.boolean(),
  /** Names the content of its cart, like an ETag. */
  version: z.string(),
  presence: Presence,
  /** Since when, by the server's clock. Null: the member was stored by an earlier release. */
  since: z.iso.datetime().nullable(),
  client: ClientKind,
  /** The same while it is a member. No two members have the same as long as there are at most 12. */
  colour: z
    .int()
    .min(0)
    .max(MEMBER_COLOURS - 1),
  /** Of its name; no two members have the same: a number follows if they would. */
  initials: z.string(),
  /** The member who asked it last whether it is ready, and when. Null: nobody has since it was ready. */
  nudged_by: z.string().nullable(),
  nudged_at: z.iso.datetime().nullable(),
})
export type SessionMember = Readonly<z.infer<typeof SessionMember>>
