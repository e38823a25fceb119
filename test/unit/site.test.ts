import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { expect } from "chai"
import { projectDir } from "../../config/project-dir.ts"
import { navigation } from "../../tools/site/navigation.ts"
import { linkedFiles, sitePage, summaryOf } from "../../tools/site/page.ts"
import { anchorsOf, linksOf } from "../helpers/links.ts"

const read = (file: string): string => readFileSync(join(projectDir, file), "utf8")
const pages = navigation().flatMap(({ items }) => items.map(({ page }) => page))

describe("the site", () => {
  it("has every page of docs/ in its sidebar, once", () => {
    const docs = readdirSync(join(projectDir, "docs"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".md"))
      .map((file) => join("docs", file))
    expect(pages).to.include.members(docs)
    expect(new Set(pages).size).to.equal(pages.length)
  })

  it("has only links to files and headings that exist", () => {
    for (const page of pages)
      for (const link of linksOf(read(page))) {
        const [target = "", anchor] = link.split("#")
        const file = target === "" ? page : normalize(join(dirname(page), target))
        if (anchor !== undefined && file.endsWith(".md"))
          expect(anchorsOf(read(file)), `${page}: ${link}`).to.include(anchor)
        else if (target !== "") expect(() => read(file), `${page}: ${link}`).to.satisfy(exists)
      }
  })

  it("gives each page of llms.txt a title and a sentence", () => {
    for (const page of pages) {
      const { title, summary } = summaryOf(read(page))
      expect(title, page).to.match(/^\S.*$/)
      // A list or table follows the heading at once.
      if (!/^# .*\n+(?:[-|#<]| {4}|```)/m.test(read(page))) expect(summary, page).to.match(/\S/)
    }
  })

  it("names a source for each claim about others", () => {
    const comparison = read("docs/comparison.md")
    const rows = [...comparison.matchAll(/^\| \*\*(.+?)\*\* \|(.*)\|$/gm)]
    expect(rows.map(([, name]) => name)).to.deep.equal([
      "shopwire",
      "Centrifugo",
      "Ably",
      "Pusher Channels",
      "Firebase Realtime Database",
      "Supabase Realtime",
      "Socket.IO",
    ])
    for (const [, name, cells = ""] of rows.slice(1)) expect(cells, name).to.match(/\[\[\d+\]\]\(https:\/\//)
    const numbers = [...comparison.matchAll(/\[\[(\d+)\]\]\((\S+?)\)/g)]
    const addresses = new Map(numbers.map(([, number, address]) => [number, address]))
    for (const [, number, address] of numbers) expect(addresses.get(number)).to.equal(address)
  })
})

describe("sitePage()", () => {
  const has = (path: string): boolean => ["docs/a.md", "docs/images/a.png", "README.md"].includes(path)
  const page = "See [a](../docs/a.md#part), [conf](../config/nats.conf), [web](https://a.example), [here](#part).\n"

  it("keeps links within the site, and leads others to the repository", () => {
    const repository = "https://github.com/acme/shopwire/blob/main"
    expect(sitePage("docs/b.md", page, { has, repository })).to.equal(
      page.replace("../config/nats.conf", `${repository}/config/nats.conf`),
    )
  })

  it("makes other links plain text where the repository is not known", () => {
    expect(sitePage("docs/b.md", page, { has, repository: undefined })).to.equal(
      page.replace("[conf](../config/nats.conf)", "conf"),
    )
  })

  it("makes pictures in HTML relative, and leaves code alone", () => {
    const text = '<img src="docs/images/a.png">\n\n```md\n[x](no.md)\n```\n'
    expect(sitePage("README.md", text, { has, repository: undefined })).to.equal(text.replace("docs/", "./docs/"))
    expect(linkedFiles("README.md", text)).to.deep.equal(["docs/images/a.png"])
  })

  it("marks commands that no test runs, unless the page does", () => {
    const page = (info: string, after: string) => `\`\`\`sh ${info}\nls\n\`\`\`\n${after}`
    const onSite = (text: string) => sitePage("a.md", text, { has, repository: undefined })
    expect(onSite(page("not-run", ""))).to.equal(page("not-run", "\n*No test runs this.*\n"))
    for (const text of [page("not-run", "\n*Not run by a test: why.*\n"), page("run=x", "")])
      expect(onSite(text)).to.equal(text)
  })

  it("keeps Vue from computing what stands in double braces", () => {
    expect(sitePage("a.md", "`{{partition(1)}}`", { has, repository: undefined })).to.equal(
      "<code v-pre>{{partition(1)}}</code>",
    )
  })
})

function exists(reading: () => string): boolean {
  try {
    reading()
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EISDIR"
  }
}
