import { z } from "zod"

/** What others have added to a document of the archive: an object of their own making. */
export const Annotations = z.record(z.string(), z.unknown())
export type Annotations = Readonly<z.infer<typeof Annotations>>

/** What was annotated. */
const annotated = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("event"), shop_id: z.string(), seq: z.int() }),
  z.object({ kind: z.literal("basket"), shop_id: z.string(), session_id: z.string() }),
])

/** A message on `changes.store.<shop_id>`. `annotations`: the present ones; null: there are none any more. */
export const Change = annotated.and(z.object({ annotations: Annotations.nullable() }))
export type Change = Readonly<z.infer<typeof Change>>
