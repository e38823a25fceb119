import { z } from "zod"
import { withDashes } from "./publish-event.ts"

/** Most ranges of missing sequences that a producer may have. So each answer can list all of them. */
export const MAX_MISSING_RANGES = 100

/** A UUID of any version and case, with dashes or without; in lower case with dashes from here on. */
const ProducerId = z.preprocess(
  withDashes,
  z.guid("expected a UUID").transform((id) => id.toLowerCase()),
)

const AtMost = "of at most 2^53 - 1"

/**
 * Who has sent a request, and which of its requests it is. `id`: one installation of an app, for one shop and user. `epoch`: 0 and
 * up; a higher one shuts out senders with lower ones. `seq`: 1 and up, in the order in which things happened; it begins again at 1
 * in each epoch.
 */
export const Producer = z.object(
  {
    id: ProducerId,
    epoch: z.int(`expected an integer ${AtMost}`).min(0, "expected 0 or more"),
    seq: z.int(`expected an integer ${AtMost}`).min(1, "expected 1 or more"),
  },
  "expected a JSON object",
)
export type Producer = Readonly<z.infer<typeof Producer>>

/** The header of each member: of a request to the edge, and of a message of the log. */
export const producerHeaders = {
  id: "Producer-Id",
  epoch: "Producer-Epoch",
  seq: "Producer-Seq",
} as const satisfies Record<keyof Producer, string>

/** Sequences from the first to the second, both included. */
export const SeqRange = z.tuple([z.int(), z.int()]).readonly()
export type SeqRange = z.infer<typeof SeqRange>

/** What a producer is told beside the sequences in the log. */
export const ProducerAnswer = z.object({
  /** The request had been stored before, and nothing was stored now. */
  repeated: z.boolean(),
  /** The sequences below the highest stored one of this epoch that are not stored, ascending; at most `MAX_MISSING_RANGES`. */
  missing: z.array(SeqRange).readonly(),
})
export type ProducerAnswer = Readonly<z.infer<typeof ProducerAnswer>>
