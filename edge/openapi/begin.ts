import { z } from "zod"
import { version } from "../../config/version.ts"
import { catalogue, health } from "../../contract/shopwire.ts"

/** Where a program begins, as `GET /api` says. */
export const Begin = z.object({
  name: z.string(),
  version: z.string(),
  /** Documents of the edge's HTTP doors, for people and for programs; of all messages; and of all resources, as one of them. */
  docs: z.url(),
  openapi: z.url(),
  asyncapi: z.url(),
  catalogue: z.url(),
  /** Resources by HTTP are below this address, and by WebSocket at the other one. */
  resources: z.url(),
  websocket: z.url(),
  health: z.url(),
})
export type Begin = z.infer<typeof Begin>

/**
 * @param edge address of the edge, `http:` or `https:`
 * @param gateway address of the gateway, the same
 */
export function beginAt(edge: string, gateway: string): Begin {
  const resource = (name: string): string => `${gateway}/api/${name.replaceAll(".", "/")}`
  return {
    name: "shopwire",
    version,
    docs: `${edge}/docs`,
    openapi: `${edge}/openapi.json`,
    asyncapi: `${edge}/asyncapi.json`,
    catalogue: resource(catalogue.name({})),
    resources: `${gateway}/api/`,
    websocket: gateway.replace(/^http/, "ws"),
    health: resource(health.name({})),
  }
}
