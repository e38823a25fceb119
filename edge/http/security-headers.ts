import type { RequestHandler } from "express"
import helmet from "helmet"

/**
 * Security headers of the API's answers: they are data, in which a browser is to run, frame or guess nothing. Pages bring a
 * policy of their own.
 */
export const securityHeaders: RequestHandler = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  // Who may read an answer from another site, CORS_ORIGINS says.
  crossOriginResourcePolicy: { policy: "same-origin" },
})
