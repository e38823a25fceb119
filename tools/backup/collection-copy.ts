import { createReadStream } from "node:fs"
import { open } from "node:fs/promises"
import { BSON, type Db, type Document } from "mongodb"

/** Documents that are inserted at a time. */
const BATCH = 500

/** Bytes in front of a BSON document that say how long it is. */
const LENGTH_BYTES = 4

/** Writes all documents of a collection to a file, as `mongodump` does: one BSON document after the other. Resolves to their number. */
export async function copyCollection(db: Db, collection: string, file: string): Promise<number> {
  const output = await open(file, "wx", 0o600)
  let count = 0
  try {
    for await (const document of db.collection(collection).find<Uint8Array>({}, { raw: true })) {
      await output.write(document)
      count++
    }
  } finally {
    await output.close()
  }
  return count
}

/** Inserts the documents of such a file, with the types that they had. */
export async function restoreCollection(db: Db, collection: string, file: string): Promise<void> {
  let batch: Document[] = []
  const insert = async (): Promise<void> => {
    if (batch.length > 0) await db.collection(collection).insertMany(batch)
    batch = []
  }
  for await (const document of documentsOf(file)) {
    batch.push(BSON.deserialize(document, { promoteValues: false }))
    if (batch.length === BATCH) await insert()
  }
  await insert()
}

async function* documentsOf(file: string): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0)
  for await (const chunk of createReadStream(file)) {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const length = rest.length < LENGTH_BYTES ? Number.POSITIVE_INFINITY : rest.readInt32LE(0)
      if (rest.length < length) break
      yield rest.subarray(0, length)
      rest = rest.subarray(length)
    }
  }
  if (rest.length > 0) throw new Error(`${file} ends within a document`)
}
