import { generateKeyPairSync } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { exportJWK, importJWK, type JWK, type JWTPayload, SignJWT } from "jose"
import { DEVELOPMENT_ISSUER } from "../config/auth.ts"
import { loadSettings } from "../config/settings.ts"

const ALGORITHM = "ES256"
const AUDIENCE = "shopwire"

/** An issuer for development. Its key is in DATA_DIR and is made at the first use. */
export class DevelopmentIssuer {
  readonly #keyFile: string
  readonly #jwksFile: string

  constructor(env: NodeJS.ProcessEnv) {
    const { DATA_DIR } = loadSettings(["DATA_DIR"], env)
    this.#keyFile = resolve(join(DATA_DIR, "development-key.json"))
    this.#jwksFile = resolve(join(DATA_DIR, "development-jwks.json"))
  }

  /** The settings with which its tokens are accepted. */
  get settings() {
    return {
      AUTH: "jwks",
      JWKS_URL: pathToFileURL(this.#jwksFile).href,
      JWT_ISSUER: DEVELOPMENT_ISSUER,
      JWT_AUDIENCE: AUDIENCE,
    } as const
  }

  /** True once it has signed a token. */
  get exists(): boolean {
    return existsSync(this.#jwksFile)
  }

  /** @param seconds how long the token is valid */
  async sign(payload: JWTPayload, seconds: number): Promise<string> {
    const key = existsSync(this.#keyFile)
      ? (JSON.parse(readFileSync(this.#keyFile, "utf8")) as JWK)
      : await this.#make()
    return await new SignJWT(payload)
      .setProtectedHeader({ alg: ALGORITHM, typ: "JWT" })
      .setIssuer(DEVELOPMENT_ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(`${seconds}s`)
      .sign(await importJWK(key, ALGORITHM))
  }

  async #make(): Promise<JWK> {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
    const jwk = await exportJWK(privateKey)
    mkdirSync(join(this.#keyFile, ".."), { recursive: true })
    writeFileSync(this.#keyFile, JSON.stringify(jwk), { mode: 0o600 })
    writeFileSync(this.#jwksFile, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: ALGORITHM }] }))
    return jwk
  }
}
