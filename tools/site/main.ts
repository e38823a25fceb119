// `npm run docs:site` runs this before VitePress: copies the pages of the sidebar, and what they show, to site/pages, and writes llms.txt.
// GITHUB_REPOSITORY, which GitHub's pipelines set, is where links to other files lead.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { projectDir } from "../../config/project-dir.ts"
import { navigation } from "./navigation.ts"
import { linkedFiles, sitePage, summaryOf } from "./page.ts"

const PICTURE = /\.(png|svg)$/
const target = join(projectDir, "site/pages")

const sidebar = navigation()
const pages = new Map<string, string>()
for (const { items } of sidebar)
  for (const { page } of items) pages.set(page, readFileSync(join(projectDir, page), "utf8"))
// Pages that others link to, such as the README of an example.
for (const [page, text] of pages)
  for (const file of linkedFiles(page, text))
    if (file.endsWith(".md") && existsSync(join(projectDir, file)))
      pages.set(file, readFileSync(join(projectDir, file), "utf8"))
const pictures = new Set(
  [...pages].flatMap(([page, text]) => linkedFiles(page, text).filter((file) => PICTURE.test(file))),
)

const { GITHUB_REPOSITORY } = process.env
const sources = {
  has: (path: string) => pages.has(path) || pictures.has(path),
  repository: GITHUB_REPOSITORY === undefined ? undefined : `https://github.com/${GITHUB_REPOSITORY}/blob/main`,
}

rmSync(target, { recursive: true, force: true })
for (const [page, text] of pages) write(page, sitePage(page, text, sources))
for (const picture of pictures) {
  mkdirSync(dirname(join(target, picture)), { recursive: true })
  copyFileSync(join(projectDir, picture), join(target, picture))
}
write("index.md", home())
write("public/llms.txt", llms())
write(
  "navigation.json",
  JSON.stringify(
    sidebar.map(({ text, items }) => ({
      text,
      items: items.map((item) => ({ text: item.text, link: `/${item.page.replace(/\.md$/, "")}` })),
    })),
  ),
)
process.stdout.write(`${pages.size} pages and ${pictures.size} pictures in ${target}\n`)

function write(file: string, text: string): void {
  mkdirSync(dirname(join(target, file)), { recursive: true })
  writeFileSync(join(target, file), text)
}

function home(): string {
  return `---
layout: home
hero:
  name: shopwire
  text: Live shop events and shared carts
  tagline: A publish is answered when it is stored, and every screen sees the same, in the same order.
  actions:
    - { theme: brand, text: The first ten minutes, link: /docs/start }
    - { theme: alt, text: Compared with others, link: /docs/comparison }
features:
  - { title: Merchants, details: "Activity, baskets, orders and days, live in React or any page.", link: /docs/readers/merchant }
  - { title: Apps, details: "A Swift package with an outbox that survives being offline.", link: /docs/readers/swift }
  - { title: Storefronts, details: "Friends shop together: one script tag.", link: /docs/readers/storefront }
  - { title: Operators, details: "Install, size, upgrade, back up, mend.", link: /docs/operate/README }
---
`
}

function llms(): string {
  const groups = sidebar.map(({ text, items }) => {
    const lines = items.map(({ page }) => {
      const { title, summary } = summaryOf(pages.get(page) ?? "")
      return `- [${title}](${page.replace(/\.md$/, ".html")}): ${summary}`
    })
    return `## ${text}\n\n${lines.join("\n")}\n`
  })
  const { summary } = summaryOf(pages.get("README.md") ?? "")
  return `# shopwire\n\n> ${summary}\n\n${groups.join("\n")}`
}
