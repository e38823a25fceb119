import { z } from "zod"
import { DisplayName } from "./basket-work.ts"

/** A screen on which somebody looks at a shop. */
export const Watcher = z.object({
  /** The same for as long as the screen's connection. */
  id: z.string(),
  /** Null: not known. */
  name: z.string().nullable(),
  since: z.iso.datetime(),
  presence: z.enum(["here", "idle"]),
})
export type Watcher = Readonly<z.infer<typeof Watcher>>

/** Params of `watch`. */
export const WatchParams = z
  .object(
    {
      name: DisplayName.optional(),
      /** Whether nobody sees the screen now, as when its page is hidden. */
      idle: z.boolean("expected true or false").default(false),
    },
    "expected an object",
  )
  .prefault({})
