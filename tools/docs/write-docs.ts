// `npm run docs`: writes the generated parts of `docs/`.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { projectDir } from "../../config/project-dir.ts"
import { settingsDocs } from "../../config/settings.ts"
import { withAccessTable } from "./access-page.ts"
import { withMetricsTables } from "./metrics-page.ts"
import { settingsPage } from "./settings-page.ts"

writeFileSync(join(projectDir, "docs/settings.md"), settingsPage(settingsDocs()))

rewrite("docs/access.md", withAccessTable)
rewrite("docs/metrics.md", withMetricsTables)

function rewrite(name: string, change: (page: string) => string): void {
  const file = join(projectDir, name)
  writeFileSync(file, change(readFileSync(file, "utf8")))
}
