import { generateKeyPairSync } from "node:crypto"
import { type JWTPayload, SignJWT } from "jose"
import { ResError } from "res-service"
import { type AuthConfig, authConfig, authSettings } from "../../config/auth.ts"
import { loadSettings } from "../../config/settings.ts"
import { TokenError } from "../../contract/claims.ts"
import { tokenVerifier } from "../../service/auth/auth.ts"
import { edgeUrl } from "../doors.ts"
import { askJson } from "../requests.ts"
import type { Terminal } from "../terminal.ts"
import { type Check, type Finding, ok, problem, warning } from "./finding.ts"

/** Sign-in: whether the settings here are those of the edge, and whether the issuer's keys can be had. */
export const signInCheck: Check = {
  name: "sign-in",
  run: async (terminal) => {
    const config = authConfig(loadSettings(authSettings, terminal.env), terminal.env)
    return [await edgeFinding(terminal, config.kind), await keysFinding(config)]
  },
}

async function edgeFinding(terminal: Terminal, kind: AuthConfig["kind"]): Promise<Finding> {
  const { auth } = (await askJson(`${edgeUrl(terminal)}/config.json`, { signal: terminal.signal })) as {
    readonly auth: { readonly kind: string }
  }
  if (auth.kind === kind) return ok(`the edge has AUTH=${kind}, as the environment here`)
  return warning(
    `the edge has AUTH=${auth.kind}, the environment here AUTH=${kind}`,
    "run this command with the edge's settings: all processes need the same ones",
  )
}

/** Lets the product's own verifier refuse a token, for which it needs the issuer's keys. */
async function keysFinding(config: AuthConfig): Promise<Finding> {
  if (config.kind === "none") return ok("no keys are needed: everyone may do everything")
  const advice = "check the address and the way there: without the keys nobody can sign in"
  try {
    await (await tokenVerifier(config))?.verify(await strangersToken(config))
  } catch (error) {
    if (error instanceof TokenError) return ok("the issuer's keys can be had")
    const { cause } = error as Error
    const reason = error instanceof ResError && cause instanceof Error ? cause.message : (error as Error).message
    return problem(`the issuer's keys cannot be had: ${reason}`, advice)
  }
  return problem("a token of a stranger is accepted", "do not use this product; tell its makers")
}

/** A token that is right in all but its signature. */
async function strangersToken(config: Exclude<AuthConfig, { readonly kind: "none" }>): Promise<string> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const payload: JWTPayload =
    config.kind === "firebase"
      ? { iss: `https://securetoken.google.com/${config.projectId}`, aud: config.projectId }
      : { iss: config.issuer, aud: config.audience }
  return await new SignJWT({ ...payload, sub: "doctor" })
    .setProtectedHeader({ alg: "RS256", typ: "JWT", kid: "shopwire-doctor" })
    .setIssuedAt()
    .setExpirationTime("1m")
    .sign(privateKey)
}
