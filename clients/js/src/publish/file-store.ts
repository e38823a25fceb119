import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { crc32 } from "node:zlib"
import { lockFolder } from "./folder-lock.ts"
import {
  newProducer,
  type OutboxChange,
  OutboxFullError,
  type OutboxState,
  type OutboxStore,
  type StoredEvent,
} from "./outbox-store.ts"

/** Most waiting events; they are also kept in memory. */
const MOST_EVENTS = 100_000
/** The event file is rewritten when events that are gone take up more than this many bytes, and more than half of it. */
const MOST_DEAD_BYTES = 1024 * 1024

/**
 * The size of one copy of the state, in bytes. There are two, which are overwritten in turn: a torn one leaves the other, and neither
 * ever needs more room on a full disk.
 */
const SLOT_BYTES = 512

/** A copy of the state. The one with the higher `n` counts. Events up to the key `gone` are no longer waiting. */
interface Slot {
  readonly n: number
  readonly gone: number
  readonly state: OutboxState
}

/** Errors of a disk or quota without room. */
const FULL: ReadonlySet<string | undefined> = new Set(["ENOSPC", "EDQUOT", "EFBIG"])

/**
 * Keeps events in a folder, for Node. What was added is on the disk, also after a crash of the machine. Each line of its file has a
 * checksum, so that a torn file costs only the damaged events. One process at a time can use a folder.
 */
export class FileStore implements OutboxStore {
  readonly sharedAs = undefined
  readonly isDurable = true
  /** How many lines of the file could not be read: the disk was faulty, or events were not completely written before a crash. */
  readonly damaged: number
  readonly #folder: string
  readonly #unlock: () => Promise<void>
  readonly #slots: FileHandle
  #file: FileHandle
  #bytes: number
  #slot: Slot
  #events: StoredEvent[]
  #last: Promise<unknown> = Promise.resolve()

  private constructor(folder: string, unlock: () => Promise<void>, slots: FileHandle, file: FileHandle, found: Found) {
    this.#folder = folder
    this.#unlock = unlock
    this.#slots = slots
    this.#file = file
    this.#slot = found.slot
    this.#events = found.events
    this.#bytes = found.bytes
    this.damaged = found.damaged
  }

  /**
   * Opens a folder, which is created if it does not exist.
   *
   * @throws {OutboxBusyError} another process uses it
   */
  static async open(path: string): Promise<FileStore> {
    const folder = resolve(path)
    const created = await mkdir(folder, { recursive: true })
    const unlock = await lockFolder(folder)
    try {
      const slots = await openFile(join(folder, "state"))
      const file = await openFile(join(folder, "events"))
      const found = await readAll(slots, file)
      // Both copies get their room now, as long as the disk has some.
      if ((await slots.stat()).size < 2 * SLOT_BYTES) await writeAt(slots, Buffer.alloc(2 * SLOT_BYTES, "\n"), 0)
      // A line that was not written completely must not become a part of the next one.
      await file.truncate(found.bytes)
      await syncFolders(folder, created)
      return new FileStore(folder, unlock, slots, file, found)
    } catch (error) {
      await unlock()
      throw error
    }
  }

  add(events: readonly string[]): Promise<readonly number[]> {
    return this.#next(async () => {
      if (this.#events.length + events.length > MOST_EVENTS) throw new OutboxFullError(`${MOST_EVENTS} events wait`)
      const first = Math.max(this.#slot.gone, this.#events.at(-1)?.key ?? 0) + 1
      const added = events.map((json, i) => ({ key: first + i, json }))
      const lines = Buffer.from(added.map(lineOf).join(""))
      try {
        await writeAt(this.#file, lines, this.#bytes)
        await this.#file.datasync()
      } catch (error) {
        await this.#file.truncate(this.#bytes).catch(() => {})
        throw readable(error)
      }
      this.#bytes += lines.length
      this.#events.push(...added)
      return added.map(({ key }) => key)
    })
  }

  change<T>(most: number, decide: (state: OutboxState, oldest: readonly StoredEvent[]) => OutboxChange<T>): Promise<T> {
    return this.#next(async () => {
      const { n, gone, state } = this.#slot
      const change = decide(state, this.#events.slice(0, most))
      if (change.state === undefined && change.removeThrough === undefined) return change.result
      const slot = { n: n + 1, gone: change.removeThrough ?? gone, state: change.state ?? state }
      await writeAt(this.#slots, slotText(slot), (slot.n % 2) * SLOT_BYTES)
      await this.#slots.datasync()
      this.#slot = slot
      if (slot.gone > gone) await this.#forget(slot.gone)
      return change.result
    })
  }

  count(): Promise<number> {
    return this.#next(async () => this.#events.length)
  }

  close(): Promise<void> {
    return this.#next(async () => {
      await this.#slots.close()
      await this.#file.close()
      await this.#unlock()
    })
  }

  async #forget(gone: number): Promise<void> {
    this.#events = this.#events.filter(({ key }) => key > gone)
    if (this.#events.length === 0) {
      await this.#file.truncate(0)
      this.#bytes = 0
      return
    }
    const lines = Buffer.from(this.#events.map(lineOf).join(""))
    const dead = this.#bytes - lines.length
    // Without room for a second file, the old one stays.
    if (dead > MOST_DEAD_BYTES && dead > lines.length) await this.#writeAnew(lines).catch(() => {})
  }

  async #writeAnew(lines: Buffer): Promise<void> {
    const [path, draft] = [join(this.#folder, "events"), join(this.#folder, "events.new")]
    await rm(draft, { force: true })
    const file = await openFile(draft)
    try {
      await writeAt(file, lines, 0)
      await file.datasync()
      await rename(draft, path)
    } catch (error) {
      await file.close()
      throw error
    }
    await this.#file.close()
    this.#file = file
    this.#bytes = lines.length
    await syncFolder(this.#folder)
  }

  /** Runs a task after all earlier ones. */
  #next<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task)
    this.#last = result.catch(() => {})
    return result
  }
}

interface Found {
  readonly slot: Slot
  readonly events: StoredEvent[]
  /** The length of the file up to the end of its last readable line. */
  readonly bytes: number
  readonly damaged: number
}

async function readAll(slots: FileHandle, file: FileHandle): Promise<Found> {
  const content = await slots.readFile()
  const copies = [0, 1].flatMap((i) => slotIn(content.subarray(i * SLOT_BYTES, (i + 1) * SLOT_BYTES)))
  const slot = copies.toSorted((a, b) => b.n - a.n)[0] ?? { n: 0, gone: 0, state: newProducer() }

  const events: StoredEvent[] = []
  let [bytes, damaged, position] = [0, 0, 0]
  for (const line of linesOf(await file.readFile())) {
    position += line.length
    const event = eventIn(line.toString())
    if (event === undefined) damaged++
    else {
      bytes = position
      if (event.key > slot.gone) events.push(event)
    }
  }
  return { slot, events, bytes, damaged }
}

/** The lines of a file, each with its end; the last one may lack it. */
function* linesOf(content: Buffer): Generator<Buffer> {
  for (let from = 0; from < content.length; ) {
    const end = content.indexOf("\n", from)
    const to = end < 0 ? content.length : end + 1
    yield content.subarray(from, to)
    from = to
  }
}

function lineOf({ key, json }: StoredEvent): string {
  return `${withSum(`${key} ${json}`)}\n`
}

function eventIn(line: string): StoredEvent | undefined {
  const [, key = "", json = ""] = /^(\d+) (.*)$/s.exec(withoutSum(line) ?? "") ?? []
  return key === "" ? undefined : { key: Number(key), json }
}

function slotText(slot: Slot): Buffer {
  return Buffer.from(`${withSum(JSON.stringify(slot)).padEnd(SLOT_BYTES - 1)}\n`)
}

function slotIn(bytes: Buffer): Slot[] {
  const text = withoutSum(bytes.toString())
  return text === undefined ? [] : [JSON.parse(text) as Slot]
}

function withSum(text: string): string {
  return `${crc32(text).toString(16).padStart(8, "0")} ${text}`
}

/** The text of a line if its checksum is right, and it has its end. */
function withoutSum(line: string): string | undefined {
  const [, sum, text = ""] = /^([0-9a-f]{8}) (.*?) *\n$/s.exec(line) ?? []
  return sum !== undefined && crc32(text) === Number.parseInt(sum, 16) ? text : undefined
}

/** Opens a file to read and write, created if it does not exist. */
async function openFile(path: string): Promise<FileHandle> {
  await (await open(path, "a", 0o600)).close()
  return await open(path, "r+")
}

/** Puts the names of a folder's files on the disk, and those of the folders that were created for it. */
async function syncFolders(folder: string, created: string | undefined): Promise<void> {
  const last = created === undefined ? folder : dirname(created)
  for (let each = folder; ; each = dirname(each)) {
    await syncFolder(each)
    if (each === last) return
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders; it keeps their names itself.
  if (process.platform === "win32") return
  const handle = await open(folder, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function writeAt(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

function readable(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  return FULL.has(code) ? new OutboxFullError("the disk is full", { cause: error }) : error
}
