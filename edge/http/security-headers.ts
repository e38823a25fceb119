import type { RequestHandler } from "express"
import helmet from "helmet"

/**
 * Security headers of the API's answers. These are data: a browser must not run or frame them, or guess their type. Pages have
 * their own policy.
 */
export const securityHeaders: RequestHandler = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  // CORS_ORIGINS decides which sites may read an answer.
  crossOriginResourcePolicy: { policy: "same-origin" },
})
