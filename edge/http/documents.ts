import { Router } from "express"
import { openApi } from "../openapi/document.ts"
import { methodNotAllowed } from "./problem.ts"

const text = JSON.stringify(openApi)

/** `GET /openapi.json`: the HTTP doors as an OpenAPI document. */
export function documentRoutes(): Router {
  const router = Router()
  router
    .route("/openapi.json")
    .get((_req, res) => {
      res.set("Cache-Control", "no-cache").type("json").send(text)
    })
    .all(methodNotAllowed("GET, HEAD"))
  return router
}
