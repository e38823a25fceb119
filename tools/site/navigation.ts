import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { projectDir } from "../../config/project-dir.ts"

/** An entry of the site's sidebar. */
export interface NavigationPage {
  readonly text: string
  /** From the project's folder. */
  readonly page: string
}

export interface NavigationGroup {
  readonly text: string
  readonly items: readonly NavigationPage[]
}

/** The site's sidebar: its groups in order, and last the pages of `docs/` that none of them has. */
export function navigation(): NavigationGroup[] {
  const known = new Set(groups.flatMap(({ items }) => items.map(({ page }) => page)))
  const further = readdirSync(join(projectDir, "docs"), { recursive: true, encoding: "utf8" })
    .map((file) => `docs/${file}`)
    .filter((page) => page.endsWith(".md") && !known.has(page))
    .toSorted()
  const items = further.map((page) => {
    const text = readFileSync(join(projectDir, page), "utf8")
    return { text: /^# (.*)$/m.exec(text)?.[1] ?? page, page }
  })
  return items.length === 0 ? [...groups] : [...groups, { text: "More", items }]
}

const groups: readonly NavigationGroup[] = [
  group("Begin", {
    "First ten minutes": "docs/start.md",
    "What it is": "README.md",
    "Compared with others": "docs/comparison.md",
  }),
  group("You are", {
    "a merchant's developer": "docs/readers/merchant.md",
    "a Swift developer": "docs/readers/swift.md",
    "a storefront's developer": "docs/readers/storefront.md",
    "an operator": "docs/operate/README.md",
    "an author of RES services": "docs/readers/res-service.md",
  }),
  group("Shops", {
    Publishing: "docs/publish.md",
    "Producers, offline": "docs/producers.md",
    "Baskets and figures": "docs/baskets.md",
    Days: "docs/days.md",
    Profile: "docs/profile.md",
    "History, streams, exports": "docs/history.md",
    "The merchant's page": "docs/merchant.md",
    Archive: "docs/archive.md",
  }),
  group("Shopping together", {
    "The widget": "docs/storefront.md",
    "From the old widget": "docs/migration.md",
    Sessions: "docs/session.md",
    "The old protocol": "docs/legacy.md",
  }),
  group("Packages", {
    "@shopwire/client": "clients/js/README.md",
    "@shopwire/react": "clients/react/README.md",
    Swift: "clients/swift/README.md",
    "res-service": "res-service/README.md",
    "The command shopwire": "docs/cli.md",
  }),
  group("Reference", {
    "Interfaces as documents": "docs/interfaces.md",
    Access: "docs/access.md",
    Errors: "docs/errors.md",
    Limits: "docs/limits.md",
    Settings: "docs/settings.md",
  }),
  group("Operate", {
    Install: "docs/operate/install.md",
    Sizing: "docs/operate/sizing.md",
    "Upgrade and rollback": "docs/operate/upgrade.md",
    "Backup and restore": "docs/operate/backup.md",
    "Keys and passwords": "docs/operate/keys.md",
    Faults: "docs/operate/faults.md",
    "An erased person": "docs/operate/erasure.md",
    NATS: "docs/nats.md",
    Containers: "docs/containers.md",
    "When a part is missing": "docs/degradation.md",
    Metrics: "docs/metrics.md",
    Logs: "docs/logs.md",
  }),
  group("How it works", {
    Architecture: "docs/lifecycle.md",
    "Many processes": "docs/sharding.md",
    Faults: "docs/chaos.md",
    Figures: "docs/figures.md",
    Scaling: "docs/scaling.md",
    Security: "SECURITY.md",
    Contributing: "CONTRIBUTING.md",
    Changelog: "CHANGELOG.md",
  }),
]

function group(text: string, pages: Readonly<Record<string, string>>): NavigationGroup {
  return { text, items: Object.entries(pages).map(([name, page]) => ({ text: name, page })) }
}
