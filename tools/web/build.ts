import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { brotliCompressSync, gzipSync } from "node:zlib"
import { pagesDir, projectDir } from "../../config/project-dir.ts"

/** The inputs of the pages besides the folder `web/`. */
const INPUTS = [
  "package-lock.json",
  "tsconfig.base.json",
  "tools/web/build.ts",
  "tools/web/apps.ts",
  "clients",
  "contract",
  "res-service/src",
]

/** Holds the hash of the inputs from which the pages in this folder were built. */
const HASH_FILE = join(pagesDir, ".inputs")

/** Files of these kinds, and of at least this size, get compressed copies. */
const COMPRESSIBLE = /\.(html|js|css|svg|json)$/
const LEAST_BYTES = 1024

/**
 * Builds the pages of `web/` into `web/dist/`, unless they were built from the same sources. Run it in a separate process, because
 * Vite sets NODE_ENV.
 *
 * @param say called with lines about the steps and the size of each app's first load
 * @returns whether it built
 */
export async function buildWeb(say: (line: string) => void): Promise<boolean> {
  const hash = inputsHash()
  if (existsSync(HASH_FILE) && readFileSync(HASH_FILE, "utf8") === hash) return false

  const started = Date.now()
  // Imported late: it takes a third of a second to load, and is not in the image.
  const { build } = await import("vite")
  const { webApps } = await import("./apps.ts")
  // Built beside the final place, so that a running edge never serves half of it.
  const draft = join(projectDir, `web/.draft-${process.pid}`)
  mkdirSync(draft)
  try {
    for (const [app, configs] of Object.entries(webApps)) {
      const outDir = join(draft, app)
      for (const config of configs(outDir)) await build(config)
      compress(outDir)
      for (const page of readdirSync(outDir).filter((file) => file.endsWith(".html"))) {
        say(`${app}/${page}: ${(firstLoadBytes(outDir, page) / 1000).toFixed(1)} kB gzipped at the first load`)
      }
    }
    writeFileSync(join(draft, ".inputs"), hash)
    rmSync(pagesDir, { recursive: true, force: true })
    renameSync(draft, pagesDir)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  say(`built the pages in ${((Date.now() - started) / 1000).toFixed(1)} s`)
  return true
}

function inputsHash(): string {
  const hash = createHash("sha256")
  for (const file of [...filesIn("web"), ...INPUTS.flatMap(filesIn)]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(projectDir, file)))
      .update("\0")
  }
  return hash.digest("hex")
}

/** The files below a path of the project, by their paths from its root, in a fixed order and without build output. */
function filesIn(path: string): string[] {
  const full = join(projectDir, path)
  if (!existsSync(full)) return []
  if (statSync(full).isFile()) return [path]
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(projectDir, join(entry.parentPath, entry.name)))
    .filter((file) => !/^(web\/(dist|\.draft-)|clients\/\w+\/(dist|node_modules))/.test(file))
    .sort()
}

function compress(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name)
    if (!entry.isFile() || !COMPRESSIBLE.test(file)) continue
    const content = readFileSync(file)
    if (content.length < LEAST_BYTES) continue
    writeFileSync(`${file}.br`, brotliCompressSync(content))
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }))
  }
}

/** Bytes, gzipped, of a page and its scripts and styles. */
function firstLoadBytes(folder: string, page: string): number {
  const html = readFileSync(join(folder, page), "utf8")
  const named = [...html.matchAll(/(?:src|href)="[^"]*\/(assets\/[^"]+\.(?:js|css))"/g)].map(([, file = ""]) => file)
  return [page, ...named].reduce((bytes, file) => bytes + gzipSync(readFileSync(join(folder, file))).length, 0)
}
