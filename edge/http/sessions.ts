import { randomBytes } from "node:crypto"
import { Router } from "express"
import { z } from "zod"
import { inviteUrl } from "../../contract/invite-link.ts"
import { optionalJsonBody } from "./json-body.ts"
import { bodyEntries, HttpProblem, methodNotAllowed } from "./problem.ts"

const NewSession = z.object(
  {
    page: z
      .url({ protocol: /^https?$/, error: "expected an http or https URL" })
      .max(2000)
      .optional(),
  },
  "expected a JSON object",
)

/**
 * `POST /sessions`: answers 201 and `{ "id" }`, an unguessable ID for a shared session. With `{ "page" }` in the body the answer
 * also has `url`, an invite link to that page. Nothing is stored: a session begins when somebody starts it.
 */
export function sessionRoutes(): Router {
  const router = Router()
  router
    .route("/sessions")
    .post(...optionalJsonBody, (req, res) => {
      const parsed = NewSession.safeParse(req.body?.value ?? {})
      if (!parsed.success) throw new HttpProblem(422, "Invalid parameters", bodyEntries(parsed.error.issues))
      const id = randomBytes(16).toString("base64url")
      const { page } = parsed.data
      res
        .status(201)
        .json(page === undefined ? { id } : { id, url: inviteUrl(page, { sessionId: id, invite: undefined }) })
    })
    .all(methodNotAllowed("POST"))
  return router
}
