// `npm run docs`: writes the pages of `docs/` that are made from code.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { projectDir } from "../config/project-dir.ts"
import { settingsDocs } from "../config/settings.ts"
import { settingsPage } from "./settings-page.ts"

writeFileSync(join(projectDir, "docs/settings.md"), settingsPage(settingsDocs()))
