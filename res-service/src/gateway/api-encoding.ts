import { encodeError } from "../client/decode.ts"
import { quote } from "../client/raw-json.ts"
import type { WireValue } from "../client/wire-value.ts"
import { ridToPath } from "./http-path.ts"
import type { ResourceNode } from "./resource-node.ts"

/**
 * How HTTP answers encode references: `json` with the address and the content of the other resource, `jsonflat` with the content
 * only.
 */
export type ApiEncoding = "json" | "jsonflat"

export const apiEncodings: readonly ApiEncoding[] = ["json", "jsonflat"]

/**
 * A loaded resource and all that it refers to, as JSON text. In a circle of references, the address replaces the content.
 *
 * Source: Resgate's configuration, `apiEncoding`.
 */
export function encodeResource(root: ResourceNode, encoding: ApiEncoding, prefix: string): string {
  const path = new Set<ResourceNode>()
  const href = (rid: string): string => quote(ridToPath(rid, prefix))

  const content = (of: ResourceNode): string => {
    if (of.error) return encodeError(of.error)
    path.add(of)
    const text =
      of.content?.type === "collection"
        ? `[${of.content.values.map((each) => value(of, each)).join(",")}]`
        : `{${[...(of.content?.values ?? [])].map(([name, each]) => `${quote(name)}:${value(of, each)}`).join(",")}}`
    path.delete(of)
    return text
  }

  const wrapped = (of: ResourceNode): string => {
    const start = `{"href":${href(of.rid)}`
    if (path.has(of)) return `${start}}`
    const kind = of.error ? "error" : (of.content?.type ?? "model")
    return encoding === "json" ? `${start},"${kind}":${content(of)}}` : content(of)
  }

  const value = (of: ResourceNode, each: WireValue): string => {
    switch (each.type) {
      case "reference": {
        const referred = of.reference(each.rid)
        return referred ? wrapped(referred) : "null"
      }
      case "soft":
        return `{"href":${href(each.rid)}}`
      case "data":
        return each.inner
      default:
        return each.raw
    }
  }

  return content(root)
}
