/**
 * A predicate for the resource names that a pattern of a reset matches, or the name if the pattern has no wildcard; undefined for
 * an invalid pattern. `*` matches any one part, `>` at the end one or more.
 *
 * Source: RES-Service protocol 1.2.3, "System reset event".
 */
export function resetPattern(pattern: string): string | ((name: string) => boolean) | undefined {
  const parts = pattern.split(".")
  const valid = parts.every((part, i) => PART.test(part) || part === "*" || (part === ">" && i === parts.length - 1))
  if (!valid) return undefined
  if (!pattern.includes("*") && !pattern.includes(">")) return pattern
  const source = parts.map((part) => (part === "*" ? "[^.]+" : part === ">" ? ".+" : escapeRegExp(part)))
  const expression = new RegExp(`^${source.join("\\.")}$`)
  return (name) => expression.test(name)
}

// Printable ASCII without space, `*`, `.`, `>` and `?`.
const PART = /^[!-)+\-/-=@-~]+$/

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
}
