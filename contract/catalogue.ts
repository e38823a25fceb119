import { z } from "zod"

/** A JSON Schema; true: anything. */
const Schema = z.union([z.custom<object>((value) => typeof value === "object" && value !== null), z.literal(true)])

const Codes = z.array(z.string()).readonly()

/** A method as its contract declares it, with an example: `params` are sent, and `answer` comes back. */
const CataloguedMethod = z.object({
  params: Schema.optional(),
  answer: Schema.optional(),
  errors: Codes,
  example: z.object({ rid: z.string(), params: z.unknown().optional(), answer: z.unknown() }).optional(),
})

const Methods = z.record(z.string(), CataloguedMethod)

/** A resource as its contract declares it. */
export const CataloguedResource = z.object({
  kind: z.enum(["model", "collection"]),
  /** As in `store.$shop_id.feed`: each part with a `$` stands for any value that its schema in `parts` accepts. */
  pattern: z.string(),
  parts: z.record(z.string(), Schema),
  /** A model's properties, or one value of a collection; or the pattern of the resources to which a collection refers. */
  value: z.union([z.object({ refersTo: z.string() }), Schema]).optional(),
  query: Schema.optional(),
  errors: Codes,
  calls: Methods,
  auth: Methods,
  /** The resource's own events, beside those of RES. */
  events: z.record(z.string(), Schema),
  /** Of a get. */
  example: z.object({ rid: z.string(), answer: z.unknown() }).optional(),
})
export type CataloguedResource = Readonly<z.infer<typeof CataloguedResource>>

/** What a program can ask for, and what it is answered. */
export const Catalogue = z.object({
  /** Of the product. */
  version: z.string(),
  resources: z.array(CataloguedResource).readonly(),
  /** The `error` of an answer: codes are stable, messages may change. */
  errors: z.array(z.object({ code: z.string(), message: z.string() })).readonly(),
})
export type Catalogue = Readonly<z.infer<typeof Catalogue>>
