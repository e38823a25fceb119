import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { brotliCompressSync, gzipSync } from "node:zlib"
import { pagesDir, projectDir } from "../../config/project-dir.ts"

/** What the pages are made from, beside the folder `web/`. */
const INPUTS = [
  "package-lock.json",
  "tsconfig.base.json",
  "tools/web/build.ts",
  "tools/web/apps.ts",
  "contract",
  "res-service/src",
]

/** Holds the hash of the inputs that the pages in the same folder were made from. */
const HASH_FILE = join(pagesDir, ".inputs")

/** Files that are worth a compressed copy beside them: those of these kinds, and of at least this size. */
const COMPRESSIBLE = /\.(html|js|css|svg|json)$/
const LEAST_BYTES = 1024

/**
 * Builds the pages of `web/` into `web/dist/`, unless what is there was made from the same sources. To be run in a process of
 * its own: Vite sets NODE_ENV.
 *
 * @param say told what is done, and what a first load of each app costs
 * @returns whether it built
 */
export async function buildWeb(say: (line: string) => void): Promise<boolean> {
  const hash = inputsHash()
  if (existsSync(HASH_FILE) && readFileSync(HASH_FILE, "utf8") === hash) return false

  const started = Date.now()
  // Only now: it takes a third of a second to load, and is not there in the image.
  const { build } = await import("vite")
  const { webApps } = await import("./apps.ts")
  // Beside the final place until it is whole: an edge that runs never serves half of it.
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

/** The files of a path below the project, by their paths from there, in a fixed order; nothing that a build has made. */
function filesIn(path: string): string[] {
  const full = join(projectDir, path)
  if (!existsSync(full)) return []
  if (statSync(full).isFile()) return [path]
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(projectDir, join(entry.parentPath, entry.name)))
    .filter((file) => !/^web\/(dist\/|\.draft-)/.test(file))
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

/** Bytes, gzipped, of a page and of the scripts and styles that it names. */
function firstLoadBytes(folder: string, page: string): number {
  const html = readFileSync(join(folder, page), "utf8")
  const named = [...html.matchAll(/(?:src|href)="[^"]*\/(assets\/[^"]+\.(?:js|css))"/g)].map(([, file = ""]) => file)
  return [page, ...named].reduce((bytes, file) => bytes + gzipSync(readFileSync(join(folder, file))).length, 0)
}
