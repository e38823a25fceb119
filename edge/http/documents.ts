import { Router } from "express"
import { beginAt } from "../openapi/begin.ts"
import { openApi } from "../openapi/document.ts"
import { openApiPage, pagePolicy } from "../openapi/page.ts"
import { type GatewayAddress, gatewayUrl, ownUrl } from "./addresses.ts"
import { methodNotAllowed } from "./problem.ts"

/**
 * `GET /openapi.json`: the HTTP doors as an OpenAPI document, and `/docs`: the same as a page. `/asyncapi.json`: all other messages as an
 * AsyncAPI document. `/api`: where to begin.
 */
export function documentRoutes(gateway: GatewayAddress): Router {
  const router = Router()
  const texts = { openApi: JSON.stringify(openApi), page: openApiPage(openApi) }
  let asyncApiText: string | undefined

  router
    .route("/openapi.json")
    .get((_req, res) => {
      res.set("Cache-Control", "no-cache").type("json").send(texts.openApi)
    })
    .all(methodNotAllowed("GET, HEAD"))

  router
    .route("/asyncapi.json")
    .get(async (_req, res) => {
      // It takes long to make, and few ask for it.
      asyncApiText ??= JSON.stringify((await import("../asyncapi/document.ts")).asyncApi)
      res.set("Cache-Control", "no-cache").type("json").send(asyncApiText)
    })
    .all(methodNotAllowed("GET, HEAD"))

  router
    .route("/docs")
    .get((_req, res) => {
      res.set({ "Cache-Control": "no-cache", "Content-Security-Policy": pagePolicy }).type("html").send(texts.page)
    })
    .all(methodNotAllowed("GET, HEAD"))

  router
    .route("/api")
    .get((req, res) => {
      const http = (url: string): string => url.replace(/^ws/, "http").replace(/\/+$/, "")
      res.set("Cache-Control", "no-cache").json(beginAt(http(ownUrl(req)), http(gatewayUrl(req, gateway))))
    })
    .all(methodNotAllowed("GET, HEAD"))

  return router
}
