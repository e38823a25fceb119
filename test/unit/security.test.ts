import { existsSync, readFileSync } from "node:fs"
import { expect } from "chai"
import { parse } from "yaml"

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")

describe("SECURITY.md", () => {
  const text = read("SECURITY.md")
  const rows = text.split("\n").filter((line) => line.startsWith("| ") && !/^\| (---|Who )/.test(line))

  it("names a test for each row that there is", () => {
    expect(rows).to.have.length.above(20)
    for (const row of rows) {
      const [, title = "", file = ""] = /\[([^\]]+)\]\(((?:res-service\/)?test\/[^)]+\.test\.ts)\) \|$/.exec(row) ?? []
      expect(file, row).not.to.equal("")
      const source = read(file)
      // Declared by `it`, or as a case of `atOnce`.
      const isTested = source.split("\n").some((line) => line.includes(title) && /^\s*(it\w*\(|".*": )/.test(line))
      expect(isTested, `${file}: ${title}`).to.equal(true)
    }
  })

  it("names files and settings that there are", () => {
    for (const [, target = ""] of text.matchAll(/\]\((?!http)([^)#]+)\)/g))
      expect(existsSync(new URL(`../../${target}`, import.meta.url)), target).to.equal(true)
    const settings = read("docs/settings.md")
    const own = [...text.matchAll(/`([A-Z][A-Z_]{3,})(?:=\w+)?`/g)].map(([, name = ""]) => name)
    const others = ["FIREBASE_AUTH_EMULATOR_HOST"]
    for (const name of own) if (!others.includes(name)) expect(settings, name).to.include(`\`${name}\``)
  })
})

describe("the workflow Audit", () => {
  it("looks for high severities in what is shipped, weekly", () => {
    const audit = parse(read(".github/workflows/audit.yml"))
    expect(audit.jobs.npm.steps.at(-1).run).to.equal("npm audit --omit=dev --audit-level=high")
    expect(audit.on.schedule[0].cron).to.match(/^\d+ \d+ \* \* \d$/)
  })
})
