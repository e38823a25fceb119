// Builds a package of `clients/` into its `dist/`; npm runs it before it packs: node --import=tsx tools/clients/build.ts <js or react>
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join, relative } from "node:path"
import { pathToFileURL } from "node:url"
import { projectDir } from "../../config/project-dir.ts"
import { runCommand } from "../programs/run-command.ts"

const TIMEOUT_MS = 300_000
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc")

/** The package whose modules become a part of others' builds: pages must not install a library for NATS. */
const INLINED = { specifier: "res-service/contract", file: "res-service/src/contract/mod.js" }

/**
 * Builds a package, one file for each module. The declarations of `contract/` and what they need of res-service become a part of
 * `@shopwire/client`, so that it depends on nothing of this repository.
 *
 * @param name of the folder in `clients/`
 */
export async function buildClient(name: string): Promise<void> {
  const folder = join(projectDir, "clients", name)
  const dist = join(folder, "dist")
  rmSync(dist, { recursive: true, force: true })
  const { ok, stdout, reason } = await runCommand(process.execPath, [tsc, "-p", join(folder, "tsconfig.build.json")], {
    cwd: folder,
    timeoutMs: TIMEOUT_MS,
  })
  if (!ok) throw new Error(`@shopwire/${name} could not be built: ${reason}\n${stdout}`)
  for (const file of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    if (/\.(js|d\.ts)$/.test(file)) makeRelative(dist, file)
  }
}

/** Lets imports of `INLINED` in a built file lead to its copy in the same build. */
function makeRelative(dist: string, file: string): void {
  const text = readFileSync(join(dist, file), "utf8")
  const target = relative(dirname(file), INLINED.file)
  const changed = text.replaceAll(`"${INLINED.specifier}"`, `"${target.startsWith(".") ? target : `./${target}`}"`)
  if (changed !== text) writeFileSync(join(dist, file), changed)
}

const [, program = "", name = ""] = process.argv
if (import.meta.url === pathToFileURL(program).href) {
  // The hooks are compiled against the client as others get it.
  if (name === "react") await buildClient("js")
  await buildClient(name)
}
