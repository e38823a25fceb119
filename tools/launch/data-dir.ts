import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { type KnownProcess, processIdentity, stillRuns, stopProcess } from "../programs/process-identity.ts"
import { StartError } from "./start-error.ts"

/** Time for processes of an earlier launcher to stop, in ms; then they are killed. */
const PATIENCE_MS = 8000

/** The file of the note. */
const NOTE = "launcher.json"

interface Note {
  readonly launcher: KnownProcess
  readonly children: readonly (KnownProcess & { readonly name: string })[]
}

/**
 * The folder DATA_DIR, used by one launcher at a time. Its file `launcher.json` lists the running processes, so that the next
 * launcher can stop those that a killed launcher has left.
 */
export class DataDir {
  /** Absolute. */
  readonly path: string
  readonly #launcher = known(process.pid)
  readonly #children = new Map<number, KnownProcess & { readonly name: string }>()

  private constructor(path: string) {
    this.path = path
  }

  /**
   * Takes the folder, creates it if it is missing, and stops processes that an earlier launcher has left.
   *
   * @throws {StartError} another launcher uses it, or it can't be written
   */
  static async take(folder: string, say: (line: string) => void): Promise<DataDir> {
    const dataDir = new DataDir(resolve(folder))
    try {
      // It holds personal data, so other users of the machine must not read it.
      mkdirSync(dataDir.path, { recursive: true, mode: 0o700 })
      const note = dataDir.#readNote()
      if (note !== undefined) {
        if (stillRuns(note.launcher)) {
          throw new StartError(
            `another launcher (process ${note.launcher.pid}) is at work in DATA_DIR=${folder}: ` +
              "stop that one, or give this one a DATA_DIR and ports of its own",
          )
        }
        await Promise.all(
          note.children.filter(stillRuns).map((child) => {
            say(`stopping ${child.name} (process ${child.pid}), left by a launcher that was killed`)
            return stopProcess(child, PATIENCE_MS)
          }),
        )
      }
      dataDir.#writeNote()
      return dataDir
    } catch (error) {
      if (error instanceof StartError) throw error
      throw new StartError(`DATA_DIR=${folder}: expected a folder to write to (${String(error)})`)
    }
  }

  /** The path of a file in the folder. */
  file(name: string): string {
    return join(this.path, name)
  }

  /** Writes a file that nobody else may read. A kill never leaves half of it. */
  writeJson(name: string, value: unknown): void {
    const draft = this.file(`${name}.${process.pid}`)
    writeFileSync(draft, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 })
    renameSync(draft, this.file(name))
  }

  /** Adds a process that must not outlive the launcher. */
  add(pid: number, name: string): void {
    this.#children.set(pid, { name, ...known(pid) })
    this.#writeNote()
  }

  drop(pid: number): void {
    this.#children.delete(pid)
    this.#writeNote()
  }

  release(): void {
    rmSync(this.file(NOTE), { force: true })
  }

  #readNote(): Note | undefined {
    try {
      return JSON.parse(readFileSync(this.file(NOTE), "utf8"))
    } catch {
      return undefined
    }
  }

  #writeNote(): void {
    const note: Note = { launcher: this.#launcher, children: [...this.#children.values()] }
    this.writeJson(NOTE, note)
  }
}

function known(pid: number): KnownProcess {
  return { pid, identity: processIdentity(pid) ?? "" }
}
