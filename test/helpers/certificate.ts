import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** PEM texts. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/**
 * Makes a certificate of a private key, signed by itself, for host names; undefined where openssl is missing.
 *
 * @param key PEM; default: a new one
 */
export function makeCertificate(names: readonly string[], key?: string): Certificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), "shopwire-certificate-"))
  try {
    const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")]
    if (key !== undefined) writeFileSync(keyFile, key)
    const source =
      key === undefined
        ? ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", keyFile]
        : ["-key", keyFile]
    const altNames = [...names.map((name) => `DNS:${name}`), "IP:127.0.0.1"].join()
    const made = spawnSync("openssl", [
      ...["req", "-x509", "-days", "1", "-subj", "/CN=localhost", "-addext", `subjectAltName=${altNames}`],
      ...source,
      ...["-out", certFile],
    ])
    if (made.status !== 0) return undefined
    return { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
