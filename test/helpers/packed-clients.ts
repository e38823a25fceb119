import { execFile } from "node:child_process"
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { projectDir } from "../../config/project-dir.ts"
import { buildClient } from "../../tools/clients/build.ts"

const run = promisify(execFile)
const modules = join(projectDir, "node_modules")

/** The packages of `clients/`, by their folder; a package comes after those that it needs. */
export const clients = { js: "@shopwire/client", react: "@shopwire/react" } as const

type Folder = keyof typeof clients

/** The packages of `clients/` as npm packs them, installed into a project of its own, outside of this one. */
export class PackedClients {
  /** The project. */
  readonly dir: string
  /** The files of each tarball. */
  readonly files: Readonly<Record<Folder, readonly string[]>>

  private constructor(dir: string, files: Record<Folder, readonly string[]>) {
    this.dir = dir
    this.files = files
  }

  /** @param others further packages that the project uses; their own dependencies are found */
  static async install(others: readonly string[]): Promise<PackedClients> {
    const dir = await mkdtemp(join(tmpdir(), "shopwire-clients-"))
    const files: Partial<Record<Folder, readonly string[]>> = {}
    for (const [folder, name] of Object.entries(clients) as [Folder, string][]) {
      await buildClient(folder)
      files[folder] = await unpack(join(projectDir, "clients", folder), join(dir, "node_modules", name))
    }
    // What `npm install` would install.
    for (const name of ["resclient", "zod", ...others]) {
      const link = join(dir, "node_modules", name)
      await mkdir(dirname(link), { recursive: true })
      await symlink(join(modules, name), link)
    }
    await writeFile(join(dir, "package.json"), JSON.stringify({ type: "module" }))
    return new PackedClients(dir, files as Record<Folder, readonly string[]>)
  }

  async stop(): Promise<void> {
    await rm(this.dir, { recursive: true })
  }
}

/** Packs a package and unpacks the tarball. Resolves with its files. */
async function unpack(source: string, target: string): Promise<string[]> {
  const draft = await mkdtemp(join(tmpdir(), "shopwire-pack-"))
  try {
    const args = ["pack", "--json", "--ignore-scripts", "--offline", "--pack-destination", draft]
    const { stdout } = await run("npm", args, { cwd: source })
    const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
    await mkdir(target, { recursive: true })
    await run("tar", ["-xzf", join(draft, filename), "-C", target, "--strip-components=1"])
    return files.map(({ path }) => path)
  } finally {
    await rm(draft, { recursive: true })
  }
}
