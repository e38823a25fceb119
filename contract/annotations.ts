import { z } from "zod"

/** What others have added to a document of the archive: an object of their own making. */
export const Annotations = z.record(z.string(), z.unknown())
export type Annotations = Readonly<z.infer<typeof Annotations>>
