import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { expect } from "chai"
import { projectDir } from "../../config/project-dir.ts"

/** Some files, and what they may import beside each other: a row of a table in CONTRIBUTING.md. */
interface Row {
  /** Folders or files, from the project's folder. */
  readonly paths: readonly string[]
  readonly mayImport: readonly string[]
}

interface Import {
  readonly file: string
  /** A file of the project, or an entry point of one of its packages. */
  readonly target: string
}

const contributing = readFileSync(join(projectDir, "CONTRIBUTING.md"), "utf8")

/** The entry points of the project's packages, by which others import them. */
const ENTRIES: ReadonlySet<string> = new Set(
  ["res-service", "clients/js", "clients/react"].flatMap((folder) => {
    const { name, exports } = JSON.parse(readFileSync(join(projectDir, folder, "package.json"), "utf8"))
    return Object.keys(exports).map((entry) => join(name, entry))
  }),
)

/** The table below a heading. Names in it are below `folder`, but those of packages. */
function tableOf(heading: string, folder: string): Row[] {
  const [, section = ""] = contributing.split(`${heading}\n`)
  const [table = ""] = /(?:^\|.*\n)+/m.exec(section) ?? []
  const named = (cell: string): string[] =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => (/^(res-service|@)/.test(name) ? name : folder + name))
  return table
    .split("\n")
    .slice(2)
    .filter((line) => line !== "")
    .map((line) => {
      const [, paths = "", mayImport = ""] = line.split("|")
      return { paths: named(paths), mayImport: named(mayImport) }
    })
}

/** The imports of a file, type imports too, that lead to files of the project or to its packages. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(projectDir, file), "utf8")
  return [...text.matchAll(/(?:\bfrom |^import )"([^"]+)"|\bimport\("([^"]+)"\)/gm)].flatMap(([, from, loaded]) => {
    const specifier = from ?? loaded ?? ""
    if (specifier.startsWith(".")) return [{ file, target: normalize(join(dirname(file), specifier)) }]
    return ENTRIES.has(specifier) ? [{ file, target: specifier }] : []
  })
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

/** The row with the longest path that a file is in. */
function rowOf(rows: readonly Row[], file: string): Row | undefined {
  const lengthIn = ({ paths }: Row): number => Math.max(0, ...paths.map((path) => (isIn(file, path) ? path.length : 0)))
  const found = rows.toSorted((a, b) => lengthIn(b) - lengthIn(a))[0]
  return found !== undefined && lengthIn(found) > 0 ? found : undefined
}

/** Whether an arrow of a row leads to a target; a package's name is its main entry point alone. */
function leadsTo(arrow: string, target: string): boolean {
  return ENTRIES.has(arrow) ? target === arrow : isIn(target, arrow)
}

const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts", "*.tsx", "*.mjs"], {
  cwd: projectDir,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "")

const tables = [
  { heading: "### Between folders", folder: "", of: files },
  { heading: "### Within service/", folder: "service/", of: files.filter((file) => isIn(file, "service")) },
]

for (const { heading, folder, of } of tables) {
  describe(`CONTRIBUTING.md, "${heading.slice(4)}"`, () => {
    const rows = tableOf(heading, folder)
    const imports = of.flatMap(importsOf).filter(({ target }) => isIn(target, folder.slice(0, -1)) || folder === "")

    it("has a row for each file", () => {
      expect(rows).to.have.length.above(5)
      expect(of.filter((file) => rowOf(rows, file) === undefined)).to.deep.equal([])
    })

    it("has an arrow for each import", () => {
      expect(imports).to.have.length.above(100)
      const wrong = imports.filter(({ file, target }) => {
        const row = rowOf(rows, file)
        return (
          row === undefined || (rowOf(rows, target) !== row && !row.mayImport.some((arrow) => leadsTo(arrow, target)))
        )
      })
      expect(wrong.map(({ file, target }) => `${file} -> ${target}`)).to.deep.equal([])
    })

    it("has no arrow that no import needs", () => {
      const unused = rows.flatMap((row) =>
        row.mayImport
          .filter((arrow) => !imports.some(({ file, target }) => rowOf(rows, file) === row && leadsTo(arrow, target)))
          .map((arrow) => `${row.paths.join(" ")} -> ${arrow}`),
      )
      expect(unused).to.deep.equal([])
    })

    it("has no circle: each row's arrows lead to rows above it", () => {
      const upward = rows.flatMap((row, i) =>
        row.mayImport.filter((arrow) => {
          const to = rows.findIndex(({ paths }) => paths.includes(arrow))
          return to >= i
        }),
      )
      expect(upward).to.deep.equal([])
    })
  })
}
