import type { SettingDoc } from "../../config/settings.ts"

/** The text of `docs/settings.md`, which `npm run docs` makes from the table in `config/settings.ts`. */
export function settingsPage(docs: readonly SettingDoc[]): string {
  const rows = docs.map(
    (doc) =>
      `| \`${doc.name}\`${doc.secret ? ` (or \`${doc.name}_FILE\`)` : ""} | ` +
      `${doc.default === undefined ? "unset" : `\`${doc.default}\``} | ${doc.meaning} |`,
  )
  return `# Settings

Environment variables, read once at the start. An empty variable counts as unset. A wrong value stops the start with one line
that names the variable, its value and what is expected. Secrets may also be read from files, as Docker and Kubernetes mount
them: \`X_FILE\` names the file. [limits.md](limits.md) gives the reasons for the limits.

| Variable | Default | Meaning |
| --- | --- | --- |
${rows.join("\n")}

Made by \`npm run docs\` from \`config/settings.ts\`; a test fails when the two differ.
`
}
