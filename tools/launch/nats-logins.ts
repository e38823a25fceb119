import { randomBytes } from "node:crypto"
import { existsSync, readFileSync, renameSync } from "node:fs"
import { join } from "node:path"
import { projectDir } from "../../config/project-dir.ts"
import type { DataDir } from "./data-dir.ts"
import { StartError } from "./start-error.ts"

/** The logins of `config/nats.conf`, one per role. */
export const natsRoles = ["gateway", "edge", "service", "archive", "publisher"] as const
export type NatsRole = (typeof natsRoles)[number]

/** Passwords by role. */
export type NatsPasswords = Readonly<Record<NatsRole, string>>

/** The account of the product's own roles in `config/nats.conf`, and the account of a nats-server without accounts. */
const OWN_ACCOUNT = "SHOPWIRE"
const ONLY_ACCOUNT = "$G"

/** The file with the passwords, in DATA_DIR. */
export const LOGINS_FILE = "nats-logins.json"

/**
 * The passwords in DATA_DIR, in a file that nobody else may read; the first call makes them.
 *
 * @throws {StartError} the file has other contents
 */
export function keptPasswords(dataDir: DataDir): NatsPasswords {
  const file = dataDir.file(LOGINS_FILE)
  if (!existsSync(file)) {
    // Letters and digits, beginning with a letter, because nats-server parses the variables as configuration.
    const made = natsRoles.map((role) => [role, `p${randomBytes(24).toString("hex")}`])
    dataDir.writeJson(LOGINS_FILE, Object.fromEntries(made))
  }
  const kept = readPasswords(file)
  if (kept === undefined) throw new StartError(`${file}: expected passwords of all logins; delete it to get new ones`)
  return kept
}

function readPasswords(file: string): NatsPasswords | undefined {
  try {
    const kept = JSON.parse(readFileSync(file, "utf8"))
    return natsRoles.every((role) => /^[a-z][a-z0-9]+$/i.test(kept[role])) ? kept : undefined
  } catch {
    return undefined
  }
}

/** Adds a role's login to `url`; without passwords there are no logins. */
export function loginUrl(url: string, role: NatsRole, passwords: NatsPasswords | undefined): string {
  if (passwords === undefined) return url
  const { protocol, host } = new URL(url)
  return `${protocol}//${role}:${passwords[role]}@${host}`
}

/** The variables with the passwords for `config/nats.conf`. */
export function passwordEnv(passwords: NatsPasswords): Record<string, string> {
  return Object.fromEntries(natsRoles.map((role) => [passwordVariable(role), passwords[role]]))
}

/** The variable with a role's password in `config/nats.conf`. */
export function passwordVariable(role: NatsRole): string {
  return `NATS_${role.toUpperCase()}_PASSWORD`
}

/** The accounts and permissions of `config/nats.conf`. */
export function accountsConf(): string {
  const text = readFileSync(join(projectDir, "config/nats.conf"), "utf8")
  return text.slice(text.indexOf("\naccounts {") + 1)
}

/** Keeps stored data when logins are switched on or off: JetStream stores each account in a folder of its name, which is renamed. */
export function keepStored(storeDir: string, withLogins: boolean): void {
  const folders = [OWN_ACCOUNT, ONLY_ACCOUNT].map((account) => join(storeDir, "jetstream", account))
  const [to = "", from = ""] = withLogins ? folders : folders.toReversed()
  if (!existsSync(to) && existsSync(from)) renameSync(from, to)
}
