import { MongoClient } from "mongodb"
import { loadSettings } from "../../config/settings.ts"
import { ArchiveStatus, archive } from "../../contract/shopwire.ts"
import { gatewayUrl } from "../doors.ts"
import { askJson } from "../requests.ts"
import type { Terminal } from "../terminal.ts"
import { type Check, type Finding, ok, problem, warning } from "./finding.ts"

/** Time to find MongoDB, in ms. */
const FIND_MS = 2000
/** An archive that is so far behind, in ms, is not just busy. */
const LATE_MS = 60_000

/** The archive: MongoDB, and how far the archiver is. */
export const archiveCheck: Check = {
  name: "archive",
  run: async (terminal) => {
    const { MONGO_URL } = loadSettings(["MONGO_URL"], terminal.env)
    const mongo =
      MONGO_URL === undefined ? ok("MONGO_URL is not set here, so MongoDB is not asked") : await mongoFinding(MONGO_URL)
    return [mongo, ...(await statusFindings(terminal))]
  },
}

async function mongoFinding(url: string): Promise<Finding> {
  let client: MongoClient | undefined
  try {
    client = new MongoClient(url, { serverSelectionTimeoutMS: FIND_MS })
    const { setName } = await client.db("admin").command({ hello: 1 })
    const { version } = await client.db("admin").command({ buildInfo: 1 })
    if (setName !== undefined) return ok(`MongoDB ${version}, replica set ${setName}, answers`)
    return warning(
      `MongoDB ${version} answers, but is no replica set`,
      "run it as a replica set of at least one: annotations made there are shown late without it",
    )
  } catch (error) {
    // The driver's messages have no password, but may have the whole list of hosts.
    return problem(
      `MongoDB does not answer: ${error instanceof Error ? error.message : String(error)}`,
      "start it, or correct MONGO_URL; publishing goes on meanwhile, and the archive catches up later",
    )
  } finally {
    await client?.close()
  }
}

async function statusFindings(terminal: Terminal): Promise<Finding[]> {
  const url = `${await gatewayUrl(terminal)}/api/${archive.name({}).replace(".", "/")}`
  const { archiving, waiting, lag_ms, dead_letters } = ArchiveStatus.parse(
    await askJson(url, { signal: terminal.signal }),
  )
  if (!archiving) return [ok("no archiver has ever run on this log")]
  const behind = `${waiting} events wait to be archived, the oldest for ${Math.round(lag_ms / 1000)} s`
  return [
    lag_ms > LATE_MS
      ? warning(behind, "see whether an archiver runs, and its log: MongoDB may be away or slow")
      : ok(behind),
    dead_letters === 0
      ? ok("MongoDB has refused nothing")
      : warning(`MongoDB has refused ${dead_letters} events or baskets for good`, "see docs/archive.md, dead letters"),
  ]
}
