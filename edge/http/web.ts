import { existsSync } from "node:fs"
import { join } from "node:path"
import express, { type RequestHandler, Router } from "express"
import { type GatewayAddress, gatewayUrl, ownUrl } from "./addresses.ts"
import { HttpProblem, methodNotAllowed } from "./problem.ts"

/** The apps of `web/`; each has its pages below its own path. */
const APPS = ["merchant", "storefront"]

/** Content types of the files that have a compressed copy beside them; see `tools/web/build.ts`. */
const compressedTypes: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  json: "application/json",
}

/** Encodings, the smallest first, and the file endings of the copies. */
const encodings = [
  ["br", ".br"],
  ["gzip", ".gz"],
] as const

/** How long a browser may cache a file whose name changes with its content, in s. */
const IMMUTABLE_S = 365 * 24 * 60 * 60

/** What pages learn about signing in: `none`, or what it needs. `hosts` are the origins that a sign-in connects to. */
export interface WebAuth {
  readonly kind: "none" | "firebase" | "jwks"
  readonly [more: string]: unknown
}

export interface WebOptions {
  /** Folder of the built pages, one folder an app. It may be missing. */
  readonly dir: string
  readonly gateway: GatewayAddress
  readonly auth: WebAuth
  /** Further origins that pages may connect to, e.g. for signing in. */
  readonly connectTo: readonly string[]
}

/**
 * The pages `/merchant/` and `/storefront/`; `/`, which redirects to the first; and `GET /config.json`, which tells pages where the
 * gateway is and how to sign in: `{ "gateway": "ws://127.0.0.1:8080", "auth": { "kind": "none" } }`.
 */
export function webRoutes({ dir, gateway, auth, connectTo }: WebOptions): Router {
  const router = Router()

  router
    .route("/config.json")
    .get((req, res) => {
      res.set("Cache-Control", "no-store").json({ gateway: gatewayUrl(req, gateway), auth })
    })
    .all(methodNotAllowed("GET, HEAD"))

  router
    .route("/")
    .get((_req, res) => {
      res.redirect("/merchant/")
    })
    .all(methodNotAllowed("GET, HEAD"))

  for (const app of APPS) {
    const folder = join(dir, app)
    router.use(`/${app}`, onlyReads, policy(gateway, connectTo), compressed(folder), files(folder), missing(folder))
  }
  return router
}

const onlyReads: RequestHandler = (req, res, next) => {
  if (req.method === "GET" || req.method === "HEAD") next()
  else methodNotAllowed("GET, HEAD")(req, res, next)
}

/** Allows nothing inline, nothing from elsewhere, and connections only to this host, the gateway and `connectTo`. */
function policy(gateway: GatewayAddress, connectTo: readonly string[]): RequestHandler {
  return (req, res, next) => {
    const connect = ["'self'", ...new Set([ownUrl(req), gatewayUrl(req, gateway)]), ...connectTo].join(" ")
    const rules = [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "font-src 'self'",
      "manifest-src 'self'",
      `connect-src ${connect}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]
    res.set({
      "Content-Security-Policy": rules.join("; "),
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
    })
    next()
  }
}

/** Answers with the compressed copy of a file if there is one and the client accepts it. */
function compressed(folder: string): RequestHandler {
  return (req, res, next) => {
    const path = req.path.endsWith("/") ? `${req.path}index.html` : req.path
    const type = compressedTypes[path.split(".").at(-1) ?? ""]
    if (type === undefined) return next()
    res.vary("Accept-Encoding")
    if (path.includes("..")) return next()
    for (const [encoding, ending] of encodings) {
      if (req.acceptsEncodings(encoding) === false || !existsSync(join(folder, `${path}${ending}`))) continue
      res.set({ "Content-Encoding": encoding, "Content-Type": type })
      req.url = `${path}${ending}`
      break
    }
    next()
  }
}

function files(folder: string): RequestHandler {
  return express.static(folder, {
    setHeaders: (res, file) => {
      const hashed = file.startsWith(join(folder, "assets"))
      res.setHeader("Cache-Control", hashed ? `public, max-age=${IMMUTABLE_S}, immutable` : "no-cache")
      // Shops' pages of other origins load the widget from here, also as a module or with `integrity`.
      if (!file.includes("widget")) return
      res.setHeader("Cross-Origin-Resource-Policy", "cross-origin")
      res.setHeader("Access-Control-Allow-Origin", "*")
    },
  })
}

function missing(folder: string): RequestHandler {
  return (_req, res) => {
    res.removeHeader("Content-Security-Policy")
    if (existsSync(folder)) throw new HttpProblem(404, "There is nothing at this path")
    throw new HttpProblem(404, "The pages are not there: `npm run build:web` makes them")
  }
}
