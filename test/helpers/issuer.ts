import { generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto"
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import { exportJWK, type JWTPayload, SignJWT } from "jose"
import { jwksVerifier } from "../../service/auth/jwks-verifier.ts"
import { RememberingVerifier, type TokenVerifier } from "../../service/auth/token-verifier.ts"
import { freePort } from "./ports.ts"
import { use } from "./use.ts"

/** A key that signs tokens. */
export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export function newSigningKey(): SigningKey {
  return { kid: randomUUID(), ...generateKeyPairSync("rsa", { modulusLength: 2048 }) }
}

/** Seconds from now on, since the epoch. */
export function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds
}

/** When a token expires that a test uses before, even on a busy machine, and then waits for: seconds since the epoch. */
export function soon(): number {
  return inSeconds(10)
}

/** Signs a token. */
export async function sign(payload: JWTPayload, { kid, privateKey }: SigningKey): Promise<string> {
  return await new SignJWT(payload).setProtectedHeader({ alg: "RS256", kid, typ: "JWT" }).sign(privateKey)
}

/** A token that nobody has signed. */
export function unsigned(payload: JWTPayload): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")
  return `${part({ alg: "none", typ: "JWT" })}.${part(payload)}.`
}

/** An OpenID Connect issuer: signs tokens, and serves its public keys by HTTP. */
export class Issuer {
  readonly issuer = "https://issuer.example"
  readonly audience = "shopwire-test"
  readonly #server: Server
  #keys = [newSigningKey()]
  readonly #port: number
  /** How often its keys were fetched. */
  fetches = 0

  private constructor(server: Server, port: number) {
    this.#server = server
    this.#port = port
    server.on("request", async (_, res) => {
      this.fetches++
      const keys = await Promise.all(
        this.#keys.map(async ({ kid, publicKey }) => ({
          ...(await exportJWK(publicKey)),
          kid,
          alg: "RS256",
          use: "sig",
        })),
      )
      res.setHeader("Content-Type", "application/json").end(JSON.stringify({ keys }))
    })
  }

  static async start(): Promise<Issuer> {
    const port = await freePort()
    const server = createServer().listen(port, "127.0.0.1")
    await once(server, "listening")
    return new Issuer(server, port)
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.#port}/keys`)
  }

  /** Verifies its tokens as the service does with AUTH=jwks. */
  get verifier(): TokenVerifier {
    const { url, issuer, audience } = this
    return new RememberingVerifier(jwksVerifier({ url, issuer, audience, claimPrefix: "" }))
  }

  /** A token of this issuer's; `claims` come on top of, or replace, what makes it a good one for an hour. */
  async token(claims: JWTPayload = {}, key = this.#keys[0]): Promise<string> {
    if (key === undefined) throw new Error("the issuer has no key")
    return await sign(
      { iss: this.issuer, aud: this.audience, sub: "ann", iat: inSeconds(0), exp: inSeconds(3600), ...claims },
      key,
    )
  }

  /** Signs with a new key from now on. */
  rotate(): void {
    this.#keys = [newSigningKey()]
  }

  /** Serves its keys again, where it did before `stop`. */
  async resume(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1")
    await once(this.#server, "listening")
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, "close")
  }
}

/** To be called in a `describe`: one issuer for all its tests. */
export function useIssuer(): Issuer {
  return use(() => Issuer.start())
}
