// `npm run docs`: writes the generated parts of `docs/`.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { projectDir } from "../../config/project-dir.ts"
import { settingsDocs } from "../../config/settings.ts"
import { withAccessTable } from "./access-page.ts"
import { settingsPage } from "./settings-page.ts"

writeFileSync(join(projectDir, "docs/settings.md"), settingsPage(settingsDocs()))

const accessFile = join(projectDir, "docs/access.md")
writeFileSync(accessFile, withAccessTable(readFileSync(accessFile, "utf8")))
