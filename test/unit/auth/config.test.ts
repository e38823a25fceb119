import { expect } from "chai"
import { authConfig, authCookie, authSettings, cookieSettings } from "../../../config/auth.ts"
import { loadSettings } from "../../../config/settings.ts"

const configOf = (env: Record<string, string>) => authConfig(loadSettings(authSettings, env), env)
const cookieOf = (env: Record<string, string>) => authCookie(loadSettings(cookieSettings, env))

const jwks = { AUTH: "jwks", JWKS_URL: "https://issuer.example/keys", JWT_ISSUER: "https://issuer.example" }

describe("the settings of sign-in", () => {
  it("name no issuer by default", () => {
    expect(configOf({})).to.deep.equal({ kind: "none" })
  })

  it("are complete for Firebase with a project", () => {
    expect(configOf({ AUTH: "firebase", FIREBASE_PROJECT_ID: "shop" })).to.deep.equal({
      kind: "firebase",
      projectId: "shop",
      checkRevoked: false,
    })
    expect(() => configOf({ AUTH: "firebase" })).to.throw("FIREBASE_PROJECT_ID is not set: AUTH=firebase needs it")
  })

  it("are complete for an OpenID Connect issuer with keys, issuer and audience", () => {
    const { url, ...rest } = configOf({ ...jwks, JWT_AUDIENCE: "shop" }) as { kind: "jwks"; url: URL }
    expect(url.href).to.equal("https://issuer.example/keys")
    expect(rest).to.deep.equal({ kind: "jwks", issuer: "https://issuer.example", audience: "shop", claimPrefix: "" })
    expect(() => configOf(jwks)).to.throw("JWT_AUDIENCE is not set: AUTH=jwks needs it")
    expect(() => configOf({ AUTH: "jwks" })).to.throw("JWT_ISSUER is not set")
  })

  it("are refused where they say what is none", () => {
    expect(() => configOf({ AUTH: "yes" })).to.throw('AUTH="yes": expected none, firebase or jwks')
    expect(() => configOf({ ...jwks, JWT_AUDIENCE: "shop", JWKS_URL: "keys" })).to.throw("JWKS_URL")
  })

  it("are refused in production where tokens need no signature, or their key is for development", () => {
    const production = { NODE_ENV: "production", FIREBASE_AUTH_EMULATOR_HOST: "127.0.0.1:9099" }
    const firebase = { AUTH: "firebase", FIREBASE_PROJECT_ID: "shop" }
    expect(() => configOf({ ...firebase, ...production })).to.throw("FIREBASE_AUTH_EMULATOR_HOST is set")
    expect(configOf({ ...firebase, ...production, NODE_ENV: "test" }).kind).to.equal("firebase")
    const development = { ...jwks, JWT_AUDIENCE: "shopwire", JWT_ISSUER: "shopwire-development" }
    expect(() => configOf({ ...development, NODE_ENV: "production" })).to.throw("JWT_ISSUER=shopwire-development")
    expect(configOf(development).kind).to.equal("jwks")
  })

  it("let a cookie bring a token from listed pages only", () => {
    expect(cookieOf({})).to.equal(undefined)
    expect(cookieOf({ AUTH_COOKIE: "t", CORS_ORIGINS: "https://a.example" })).to.deep.equal({
      name: "t",
      origins: ["https://a.example"],
    })
    for (const CORS_ORIGINS of ["", "*"]) {
      expect(() => cookieOf({ AUTH_COOKIE: "t", CORS_ORIGINS })).to.throw("AUTH_COOKIE=t: expected CORS_ORIGINS")
    }
  })
})
