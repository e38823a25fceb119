/** What would validate a value. */
const VALIDATING: ReadonlySet<PropertyKey> = new Set([
  "parse",
  "safeParse",
  "parseAsync",
  "safeParseAsync",
  "~standard",
])

/**
 * Stands in for zod in the merchant's page, which takes names and types from the contracts, and validates nothing: zod would be a sixth of
 * its first load. Any schema can be made of it, and none can validate. A shape has any member, but none to spread.
 */
const schema: unknown = new Proxy(() => schema, {
  get(_, name) {
    if (VALIDATING.has(name)) throw new TypeError("this page has no schemas: web/no-schemas.ts stands in for zod")
    return schema
  },
  apply: () => schema,
})

export { schema as z }
