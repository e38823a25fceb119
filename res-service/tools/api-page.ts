import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const ROOT = fileURLToPath(new URL("..", import.meta.url))

/** The package's entry points. */
const ENTRIES = [
  ["res-service", "mod.d.ts"],
  ["res-service/contract", "contract/mod.d.ts"],
  ["res-service/client", "client/mod.d.ts"],
  ["res-service/gateway", "gateway/mod.d.ts"],
  ["res-service/sharding", "sharding/mod.d.ts"],
  ["res-service/testing", "testing/mod.d.ts"],
] as const

/** An export of the package, as TypeScript declares it. */
export interface Exported {
  readonly entry: string
  readonly name: string
  /** Its docstring as Markdown; empty if it has none. */
  readonly docs: string
  /** Its declaration with the docstrings of its members. Overloads follow each other. */
  readonly code: string
}

/** All exports of the package, sorted by entry point and name. */
export function readExports(): Exported[] {
  const folder = mkdtempSync(join(tmpdir(), "res-service-api-"))
  try {
    const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc")
    const options = ["--emitDeclarationOnly", "--tsBuildInfoFile", join(folder, "buildinfo")]
    execFileSync(process.execPath, [tsc, "-p", ROOT, "--outDir", folder, ...options])
    return ENTRIES.flatMap(([entry, file]) =>
      reexports(join(folder, file))
        .map(({ name, from }) => ({ entry, name, ...declarationOf(from, name) }))
        .toSorted((a, b) => a.name.localeCompare(b.name, "en")),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The API reference as one page of Markdown. */
export function apiPage(exported: readonly Exported[]): string {
  const anchors = new Map<string, number>()
  const sections = ENTRIES.map(([entry]) => {
    const own = exported.filter((each) => each.entry === entry)
    const links = own.map(({ name }) => `[${name}](#${anchorOf(anchors, name)})`).join(" ·\n")
    const entries = own.map(({ name, docs, code }) => `### ${name}\n\n${docs}\n\n\`\`\`ts\n${code}\n\`\`\`\n`)
    return `## ${entry}\n\n${links}\n\n${entries.join("\n")}`
  })
  return `# API\n\nMade from the docstrings by \`npm run api\`; do not edit.\n\n${sections.join("\n")}`
}

/** The anchor of a heading. It is in lower case, so a number distinguishes `collection` from `Collection`. */
function anchorOf(anchors: Map<string, number>, name: string): string {
  const lower = name.toLowerCase()
  const before = anchors.get(lower) ?? 0
  anchors.set(lower, before + 1)
  return before === 0 ? lower : `${lower}-${before}`
}

/** An entry point contains only lines like `export { type A, b } from "./file.ts"`. */
function reexports(file: string): { name: string; from: string }[] {
  const lines = readFileSync(file, "utf8").matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]+)\.ts";$/gm)
  return [...lines].flatMap(([, names = "", path = ""]) =>
    names
      .split(",")
      .filter((name) => name.trim() !== "")
      .map((name) => ({ name: name.replace("type ", "").trim(), from: join(dirname(file), `${path}.d.ts`) })),
  )
}

/** tsc writes each declaration at the start of a line, below its docstring. */
function declarationOf(file: string, name: string): { docs: string; code: string } {
  const lines = readFileSync(file, "utf8").split("\n")
  const start = new RegExp(`^export (?:declare |abstract )*(?:class|interface|function|const|type) ${name}\\b`)
  const starts = [...lines.keys()].filter((i) => start.test(lines[i] ?? ""))
  const [first] = starts
  if (first === undefined) throw new Error(`${name} is not declared in ${file}`)
  return { docs: docsOf(commentAbove(lines, first)), code: starts.map((i) => tidy(statement(lines, i))).join("\n") }
}

function commentAbove(lines: readonly string[], end: number): string {
  if (!lines[end - 1]?.endsWith("*/")) return ""
  let start = end - 1
  while (!lines[start]?.startsWith("/**")) start--
  return lines
    .slice(start, end)
    .join("\n")
    .replace(/^\/\*\*/, "")
    .replace(/\*\/$/, "")
}

function statement(lines: readonly string[], start: number): string {
  let depth = 0
  for (let end = start; end < lines.length; end++) {
    const line = lines[end] ?? ""
    // Docstrings of members may contain braces.
    if (!/^\s*(\/?\*|\/\/)/.test(line)) depth += line.split("{").length - line.split("}").length
    if (depth === 0 && /[;}]$/.test(line)) return lines.slice(start, end + 1).join("\n")
  }
  throw new Error(`no end of: ${lines[start]}`)
}

function docsOf(comment: string): string {
  const lines = comment.split("\n").map((line) => line.replace(/^ ?\* ?/, "").trimEnd())
  const [text = "", ...tags] = lines
    .join("\n")
    .trim()
    .split(/^(?=@\w+)/m)
  return [text.trim(), ...tags.map(tagged)].filter((part) => part !== "").join("\n\n")
}

function tagged(tag: string): string {
  const [, name = "", text = ""] = /^@(\w+)\s+([\s\S]*)$/.exec(tag.trim()) ?? []
  if (name === "example") return `\`\`\`ts\n${text}\n\`\`\``
  return `*${name}* ${text.replaceAll("\n", " ")}`
}

/** Removes private and internal members, and indents with two spaces. */
function tidy(code: string): string {
  return code
    .replace(/^ {4}\/\*\* @internal[\s\S]*?\*\/\n.*\n/gm, "")
    .replace(/^ {4}(?:#private|private .*);\n/gm, "")
    .replace(/^(?: {4})+/gm, (indent) => " ".repeat(indent.length / 2))
    .replace(/^export (?:declare )?/, "")
    .trim()
}
