import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"

/** The files below a folder in which a text stands, in any case of its letters. */
export async function filesWith(folder: string, text: string): Promise<string[]> {
  const found: string[] = []
  const wanted = text.toLowerCase()
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    // A file may go while the folder is read.
    const content = await readFile(file, "latin1").catch(() => "")
    if (content.toLowerCase().includes(wanted)) found.push(file)
  }
  return found
}
