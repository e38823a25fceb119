import { once } from "node:events"
import { Agent, createServer, type Server } from "node:https"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { type ConnectionOptions, connect } from "node:tls"
import type { Credential } from "firebase-admin/app"
import type { JWTPayload } from "jose"
import { type Certificate, makeCertificate } from "./certificate.ts"
import { inSeconds, newSigningKey, type SigningKey, sign } from "./issuer.ts"

/** Google's servers, as firebase-admin calls them. */
const HOSTS = ["www.googleapis.com", "identitytoolkit.googleapis.com"]

/** What Firebase knows of a user. Source: Identity Toolkit API, "accounts.lookup". */
export interface FirebaseUser {
  localId: string
  disabled?: boolean
  /** Seconds since the epoch. */
  validSince?: string
  /** JSON. */
  customAttributes?: string
}

/**
 * What firebase-admin asks of Google, on one local TLS server with a certificate of its own: the certificates of the keys that sign
 * ID tokens, and users.
 */
export class Google {
  readonly projectId = "shopwire-test"
  readonly users = new Map<string, FirebaseUser>()
  readonly #server: Server
  readonly #ca: string
  #key: SigningKey
  #certificates: Readonly<Record<string, string>>
  /** How often the certificates were fetched. */
  fetches = 0
  /** How long the certificates may be kept, in seconds. */
  maxAge = 3600

  private constructor(server: Server, { cert: ca }: Certificate, key: SigningKey) {
    this.#server = server
    this.#ca = ca
    this.#key = key
    this.#certificates = certificatesOf(key)
    server.on("request", async (req, res) => {
      const body = await text(req)
      res.setHeader("Content-Type", "application/json")
      if (req.url?.startsWith("/robot/v1/metadata/x509/")) {
        this.fetches++
        res.setHeader("Cache-Control", `public, max-age=${this.maxAge}, must-revalidate`)
        res.end(JSON.stringify(this.#certificates))
      } else if (req.url?.endsWith("/accounts:lookup")) {
        const { localId = [] } = JSON.parse(body) as { localId?: string[] }
        const users = localId.map((id) => this.users.get(id)).filter((user) => user !== undefined)
        res.end(JSON.stringify(users.length > 0 ? { users } : {}))
      } else res.writeHead(404).end("{}")
    })
  }

  /** Undefined where openssl, which makes the certificates, is missing. */
  static async start(): Promise<Google | undefined> {
    const certificate = makeCertificate(HOSTS)
    if (certificate === undefined) return undefined
    const server = createServer(certificate).listen(0, "127.0.0.1")
    await once(server, "listening")
    return new Google(server, certificate, newSigningKey())
  }

  /** Leads to this server, whatever host is asked for; the certificate must be that host's all the same. */
  get httpAgent(): Agent {
    const { port } = this.#server.address() as AddressInfo
    const ca = this.#ca
    return new (class extends Agent {
      override createConnection(options: ConnectionOptions) {
        return connect({ ...options, host: "127.0.0.1", port, ca, servername: options.servername ?? "" })
      }
    })()
  }

  /** Stands for a service account of the project; how it gets its access tokens is Google's own library's affair. */
  get credential(): Credential {
    return { getAccessToken: async () => ({ access_token: "access", expires_in: 3600 }) }
  }

  /** An ID token; `claims` come on top of, or replace, what makes it a good one for an hour. */
  async token(claims: JWTPayload = {}, key = this.#key): Promise<string> {
    return await sign(
      {
        iss: `https://securetoken.google.com/${this.projectId}`,
        aud: this.projectId,
        sub: "ann",
        iat: inSeconds(0),
        auth_time: inSeconds(0),
        exp: inSeconds(3600),
        ...claims,
      },
      key,
    )
  }

  /** Signs with a new key from now on. */
  rotate(): void {
    this.#key = newSigningKey()
    this.#certificates = certificatesOf(this.#key)
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, "close")
  }
}

function certificatesOf({ kid, privateKey }: SigningKey): Record<string, string> {
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString()
  return { [kid]: makeCertificate([], key)?.cert ?? "" }
}
