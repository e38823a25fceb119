import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import type { BuildOptions, OutputFile } from "esbuild"
import { projectDir } from "../../config/project-dir.ts"
import { buildDir, programs } from "./paths.ts"

/** Has chunks: code that several programs share, or that one of them loads only when it needs it. */
export const chunksDir = join(buildDir, "chunks")

/** A chunk of an earlier build is kept this long, because a program that was started before may still load it. */
const KEEP_MS = 24 * 3600 * 1000

/** CommonJS packages ask for Node's modules by `require`, which ES modules do not have. */
const REQUIRE = `import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);`

/** How esbuild makes the programs. */
export const buildOptions = {
  absWorkingDir: projectDir,
  tsconfig: "tsconfig.base.json",
  entryPoints: programs.map((program) => `${program}.ts`),
  outbase: ".",
  outdir: buildDir,
  chunkNames: `${basename(chunksDir)}/[hash]`,
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20",
  conditions: ["@res-service/source"],
  // It finds files of its own beside its modules.
  external: ["firebase-admin"],
  banner: { js: REQUIRE },
  sourcemap: true,
  sourcesContent: false,
} satisfies BuildOptions

/**
 * Makes the programs: each with all packages that it uses, because Node takes most of a start to find and read a thousand small files.
 * Does not check types. Programs that run meanwhile are not disturbed.
 */
export async function buildPrograms(): Promise<void> {
  // Only when it is needed, because all test files come here.
  const { build } = await import("esbuild")
  const { outputFiles } = await build({ ...buildOptions, write: false, logLevel: "warning" })
  const isChunk = ({ path }: OutputFile): boolean => dirname(path) === chunksDir
  // A program comes after the chunks that it imports.
  await Promise.all(outputFiles.filter(isChunk).map(write))
  await Promise.all(outputFiles.filter((file) => !isChunk(file)).map(write))
  await removeOldChunks(new Set(outputFiles.map(({ path }) => path)))
}

/** Replaces a file at once, unless it has this content. */
async function write({ path, contents }: OutputFile): Promise<void> {
  const present = await readFile(path).catch(() => undefined)
  if (present?.equals(contents)) return
  const draft = `${path}.${process.pid}`
  await mkdir(dirname(path), { recursive: true })
  await writeFile(draft, contents)
  await rename(draft, path)
}

async function removeOldChunks(made: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(chunksDir)) {
    const path = join(chunksDir, name)
    if (made.has(path)) continue
    // A build that runs at the same time may have removed it.
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && found.mtimeMs < Date.now() - KEEP_MS) await rm(path, { force: true })
  }
}
