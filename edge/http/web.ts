import { existsSync } from "node:fs"
import { join } from "node:path"
import express, { type Request, type RequestHandler, Router } from "express"
import { HttpProblem, methodNotAllowed } from "./problem.ts"

/** The apps of `web/`, each with pages below a path of its own. */
const APPS = ["merchant", "storefront"]

/** Content types of the files that have a compressed copy beside them; see `tools/web/build.ts`. */
const compressedTypes: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  json: "application/json",
}

/** Encodings, the smaller first, with the endings of the copies. */
const encodings = [
  ["br", ".br"],
  ["gzip", ".gz"],
] as const

/** How long a browser keeps a file whose name changes with its content, in s. */
const IMMUTABLE_S = 365 * 24 * 60 * 60

/** What the pages are told about signing in: `none`, or what it takes. `hosts` are the origins that a sign-in talks to. */
export interface WebAuth {
  readonly kind: "none" | "firebase" | "jwks"
  readonly [more: string]: unknown
}

export interface WebOptions {
  /** Folder of the built pages, one folder an app. It may be missing. */
  readonly dir: string
  /** Where browsers reach the gateway: a `ws:` or `wss:` URL; `same-origin`; or its port on the host that served the page. */
  readonly gateway: string | number
  readonly auth: WebAuth
  /** Further origins that the pages may talk to, e.g. those where one signs in. */
  readonly connectTo: readonly string[]
}

/**
 * The pages for people: `/merchant/` and `/storefront/`, `/` which leads to the first, and `GET /config.json`, which tells
 * them where the gateway is and how to sign in: `{ "gateway": "ws://127.0.0.1:8080", "auth": { "kind": "none" } }`.
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

/** Nothing inline, nothing from elsewhere, and no connections but to this host, the gateway and where one signs in. */
function policy(gateway: string | number, connectTo: readonly string[]): RequestHandler {
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

/** Answers with the compressed copy of a file where there is one and the client takes it. */
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
      // A shop's page of another origin loads the widget from here, as a module or with `integrity` too.
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

function gatewayUrl(req: Request, gateway: string | number): string {
  if (gateway === "same-origin") return ownUrl(req)
  if (typeof gateway === "string") return gateway
  return `${ownUrl(req).replace(/:\d+$/, "")}:${gateway}`
}

/** Where WebSockets reach the address that the client asked. */
function ownUrl(req: Request): string {
  return `${req.secure ? "wss" : "ws"}://${hostOf(req)}`
}

/** The host, with its port, that the client asked: it becomes part of a header, so nothing but a plain one is taken. */
function hostOf(req: Request): string {
  const host = req.get("host") ?? ""
  if (/^([\w.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/.test(host)) return host
  throw new HttpProblem(400, "The Host header names no host", [{ header: "Host", detail: "expected a host" }])
}
