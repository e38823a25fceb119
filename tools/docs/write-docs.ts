// `npm run docs`: writes the generated parts of `docs/`.
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { projectDir } from "../../config/project-dir.ts"
import { settingsDocs } from "../../config/settings.ts"
import { withAccessTable } from "./access-page.ts"
import { envExample } from "./env-example.ts"
import { withMetricsTables } from "./metrics-page.ts"
import { settingsPage } from "./settings-page.ts"
import { type Figures, sizingTables, withSizingTables } from "./sizing-table.ts"

writeFileSync(join(projectDir, "docs/settings.md"), settingsPage(settingsDocs()))
writeFileSync(join(projectDir, ".env.example"), envExample(settingsDocs()))

const figures = JSON.parse(readFileSync(join(projectDir, "docs/figures.json"), "utf8")) as Figures
const tables = sizingTables(figures, readFileSync(join(projectDir, "docs/scaling.md"), "utf8"))
rewrite("docs/operate/sizing.md", (page) => withSizingTables(page, tables))
rewrite("docs/access.md", withAccessTable)
rewrite("docs/metrics.md", withMetricsTables)

function rewrite(name: string, change: (page: string) => string): void {
  const file = join(projectDir, name)
  writeFileSync(file, change(readFileSync(file, "utf8")))
}
