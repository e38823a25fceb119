import { createWriteStream, writeFileSync } from "node:fs"
import { PROBE_NAME } from "../../config/permissions-probe.ts"
import { type NatsServerConf, natsServerConf } from "../nats/conf.ts"
import type { ChildProgram } from "./child.ts"
import type { DataDir } from "./data-dir.ts"
import { accountsConf, keepStored, type NatsPasswords, passwordEnv } from "./nats-logins.ts"
import type { Output } from "./output.ts"

export interface NatsProgramOptions {
  /** For people; the server's configuration and log in DATA_DIR are named after it. */
  readonly name: string
  /** The nats-server. */
  readonly file: string
  readonly conf: Omit<NatsServerConf, "extra">
  /** With AUTH other than none. */
  readonly passwords: NatsPasswords | undefined
  readonly dataDir: DataDir
  readonly output: Output
  /** Warnings that are not shown. Default: none. */
  readonly isExpected?: (text: string) => boolean
}

/** Writes the configuration of a nats-server. Returns how to run it: its log goes into a file, and warnings are shown. */
export function natsProgram(options: NatsProgramOptions): ChildProgram & { readonly line: (text: string) => void } {
  const { name, file, conf, passwords, dataDir, output, isExpected } = options
  const confFile = dataDir.file(`${name}-server.conf`)
  const extra = passwords === undefined ? {} : { extra: accountsConf() }
  // It may hold the password of the cluster.
  writeFileSync(confFile, natsServerConf({ ...conf, ...extra }), { mode: 0o600 })
  keepStored(conf.storeDir, passwords !== undefined)
  const log = createWriteStream(dataDir.file(`${name}-server.log`))
  // A full disk must not end the launcher.
  log.on("error", () => {})
  return {
    name,
    file,
    args: ["--config", confFile],
    env: { ...process.env, ...(passwords === undefined ? {} : passwordEnv(passwords)) },
    line: (text) => {
      log.write(`${text}\n`)
      // The passwords are random and in a file that only we can read, so hashing them would not help.
      if (text.includes("Plaintext passwords detected")) return
      // The service's probe causes these at each start.
      if (text.includes(PROBE_NAME) && text.includes("Violation")) return
      if (!isExpected?.(text)) output.natsLine(name, text)
    },
  }
}
