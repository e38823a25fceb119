import { execFileSync } from "node:child_process"
import { rmSync, writeFileSync } from "node:fs"
import { mkdtemp, rmdir } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

const CHUNK_BYTES = 64 * 1024

/** A disk of its own, in memory, which can be filled. Only root may mount it, and in some containers not even root. */
export class SmallDisk {
  readonly dir: string
  readonly #filler: string

  private constructor(dir: string) {
    this.dir = dir
    this.#filler = join(dir, "filler")
  }

  static async mount(mib: number): Promise<SmallDisk> {
    const dir = await mkdtemp(join(tmpdir(), "shopwire-disk-"))
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mib}m`, "tmpfs", dir], { stdio: "pipe" })
    } catch (error) {
      await rmdir(dir)
      throw error
    }
    return new SmallDisk(dir)
  }

  /** Why there can be none on this machine; undefined if there can. */
  static async whyNot(): Promise<string | undefined> {
    try {
      await (await SmallDisk.mount(1)).unmount()
      return undefined
    } catch {
      return "a disk can be mounted by root alone, on Linux"
    }
  }

  /** Leaves no byte free. */
  fill(): void {
    for (const bytes of [CHUNK_BYTES, 1]) {
      try {
        for (;;) writeFileSync(this.#filler, Buffer.alloc(bytes), { flag: "a" })
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error
      }
    }
  }

  free(): void {
    rmSync(this.#filler, { force: true })
  }

  async unmount(): Promise<void> {
    execFileSync("umount", [this.dir], { stdio: "pipe" })
    await rmdir(this.dir)
  }
}
