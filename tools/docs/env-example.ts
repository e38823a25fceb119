import type { SettingDoc } from "../../config/settings.ts"
import { natsRoles, passwordVariable } from "../launch/nats-logins.ts"

/** The width of a comment's line. */
const WIDTH = 118

/** The text of `.env.example`, which `npm run docs` makes from the table in `config/settings.ts`. Every line is a comment. */
export function envExample(docs: readonly SettingDoc[]): string {
  const settings = docs.map((doc) => {
    const comment = wrapped(doc.secret ? `${doc.meaning} Or a file: ${doc.name}_FILE.` : doc.meaning)
    return `${comment}\n#${doc.name}=${doc.default ?? ""}\n`
  })
  const passwords = natsRoles.map((role) => `#${passwordVariable(role)}=\n`)
  return `${wrapped(
    "Settings with their defaults, for Docker Compose: copy this file to .env, and take the # away from what you change. Compose passes on only the settings that docker-compose.yml names. docs/settings.md is the same as a table.",
  )}\n# Made by \`npm run docs\` from config/settings.ts.\n\n${settings.join("\n")}\n${wrapped(
    "Passwords of the logins of NATS, for docker-compose.auth.yml: letters and digits, the first one a letter.",
  )}\n${passwords.join("")}`
}

/** A text as lines of a comment. */
function wrapped(text: string): string {
  return text.replaceAll(new RegExp(`(.{1,${WIDTH}})(?: |$)`, "g"), "# $1\n").trimEnd()
}
