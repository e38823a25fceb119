import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { projectDir } from "../../config/project-dir.ts"
import type { ClusterOptions, ClusterRole } from "../../tools/launch/cluster.ts"
import { atOnce } from "../helpers/at-once.ts"
import { startProductCluster, type TestProductCluster } from "../helpers/cluster.ts"
import { askDoor, type DoorAnswer, type DoorUrls, doors } from "../helpers/doors.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { skip } from "../helpers/skip.ts"
import { SmallDisk } from "../helpers/small-disk.ts"
import { suspend } from "../helpers/suspend.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"

/** An answer that comes at once comes within this time, in ms. It takes some 20 ms on a machine with nothing else to do. */
const AT_ONCE_MS = 1000
/** Rows that are tried at a time: most of the time they wait. */
const CLUSTERS = 4
/** A stream "waits" when it has not been answered after this time, in ms. */
const WAITS_MS = 5000

/** A row of the table by its columns. */
type Row = Readonly<Record<string, string>>

interface FaultOptions extends Pick<ClusterOptions, "size" | "env" | "maxStoreMiB"> {
  /** The data is on a disk of its own of this size. */
  readonly diskMiB?: number
}

interface Fault {
  readonly options?: FaultOptions
  bring(kit: TestProductCluster, shopId: string, disk: SmallDisk | undefined): Promise<void>
  /** After this all doors answer again as without a fault. */
  heal?(kit: TestProductCluster, disk: SmallDisk | undefined): Promise<void>
}

const kill =
  (...victims: [role: "nats" | "service" | "gateway", number: number][]) =>
  async ({ cluster }: TestProductCluster): Promise<void> => {
    await Promise.all(victims.map(([role, number]) => cluster.process(role, number).kill()))
  }

/** The row of the table without a fault. */
const WHOLE = "nothing"

/** A process stands still, and goes on. */
const hang = (role: ClusterRole, number: number): Pick<Fault, "bring" | "heal"> => ({
  bring: async ({ cluster }) => suspend(cluster.process(role, number).pid ?? 0),
  heal: async ({ cluster }) => cluster.process(role, number).resume(),
})

/** One that has no lease yet is missed by nobody. */
const bothServe = async (kit: TestProductCluster): Promise<void> => {
  for (const name of ["service-1", "service-2"])
    await until(`${name} to serve`, () => kit.lines(name, "serves more shards").length > 0)
}

/** By the beginning of a row of the table. */
const faults: Readonly<Record<string, Fault>> = {
  [WHOLE]: { bring: async () => {} },
  NATS: { bring: kill(["nats", 1]) },
  "NATS's quorum": { options: { size: { nats: 3 } }, bring: kill(["nats", 2], ["nats", 3]) },
  "room in JetStream": {
    options: { maxStoreMiB: 12, env: { SESSIONS_MAX_MIB: "1" } },
    bring: async ({ cluster }, shopId) => {
      const events = publishEvents(90, shopId).map((event) => ({ ...event, product_name: "x".repeat(7000) }))
      const url = `${cluster.process("edge", 1).url}/publish/${shopId}`
      await until("JetStream to be full", async () => (await post(url, events)).status === 503)
    },
  },
  JetStream: {
    bring: async ({ cluster, dataDir }) => {
      const nats = cluster.process("nats", 1)
      await nats.stop()
      const conf = join(dataDir, "nats-1-server.conf")
      writeFileSync(conf, `${readFileSync(conf, "utf8")}jetstream: disabled\n`)
      nats.start()
    },
  },
  "room on the disk": {
    // Without a quota nats-server would take three quarters of the disk.
    options: { diskMiB: 32, maxStoreMiB: 1000, env: { SESSIONS_MAX_MIB: "1" } },
    bring: async (_kit, _shopId, disk) => disk?.fill(),
    heal: async ({ cluster }, disk) => {
      disk?.free()
      await cluster.process("nats", 1).restart()
    },
  },
  "all services": { bring: kill(["service", 1]) },
  "one of two services": {
    options: { size: { service: 2 } },
    bring: async (kit) => {
      await bothServe(kit)
      await kill(["service", 1])(kit)
    },
  },
  "the gateway": { bring: kill(["gateway", 1]) },
  MongoDB: {
    options: { env: { MONGO_URL: "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100" } },
    bring: async () => {},
  },
  "answers of NATS": hang("nats", 1),
  "answers of all services": hang("service", 1),
  "answers of one of two services": {
    options: { size: { service: 2 } },
    ...hang("service", 1),
    bring: async (kit, ...rest) => {
      await bothServe(kit)
      await hang("service", 1).bring(kit, ...rest)
    },
  },
  "answers of the edge": hang("edge", 1),
  "answers of the gateway": hang("gateway", 1),
}

/** The rows of the first table of `docs/degradation.md`. */
function tableRows(): Row[] {
  const [table = ""] =
    /^\|.*\|$(\n^\|.*\|$)*/m.exec(readFileSync(join(projectDir, "docs/degradation.md"), "utf8")) ?? []
  const [head = [], , ...rows] = table.split("\n").map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  )
  return rows.map((cells) => Object.fromEntries(head.map((column, i) => [column, cells[i] ?? ""])))
}

function faultOf(row: Row): Fault {
  const missing = row["what is missing"] ?? ""
  const fault = faults[missing.split(/[,:]/)[0] ?? ""]
  if (fault === undefined) throw new Error(`there is no fault for the row ${missing}`)
  return fault
}

/** One cluster after the other. */
class ClusterKit {
  #running: TestProductCluster | undefined
  #disk: SmallDisk | undefined

  get disk(): SmallDisk | undefined {
    return this.#disk
  }

  async start({ size, env, diskMiB, ...options }: FaultOptions): Promise<TestProductCluster> {
    await this.stop()
    if (diskMiB !== undefined) this.#disk = await SmallDisk.mount(diskMiB)
    this.#running = await startProductCluster({
      ...options,
      ...(this.#disk && { disk: this.#disk.dir }),
      env: { LOG_LEVEL: "info", ...env },
      size: { nats: 1, service: 1, edge: 1, gateway: 1, proxy: 0, archiver: 0, ...size },
    })
    return this.#running
  }

  async stop(): Promise<void> {
    await this.#running?.stop()
    this.#running = undefined
    await this.#disk?.unmount()
    this.#disk = undefined
  }
}

const noDisk = await SmallDisk.whyNot()

describe("docs/degradation.md", function () {
  this.timeout(4 * PATIENCE_MS)
  const rows = tableRows()
  const whole = rows.find((row) => row["what is missing"] === WHOLE) ?? {}

  it("has a column for each door, and a row for each fault", () => {
    expect(Object.keys(rows[0] ?? {})).to.deep.equal(["what is missing", ...Object.keys(doors), "logged once"])
    expect(rows.map((row) => row["what is missing"]?.split(/[,:]/)[0])).to.deep.equal(Object.keys(faults))
  })

  const isRight = async (row: Row, clusters: ClusterKit): Promise<void> => {
    const { options = {}, bring, heal } = faultOf(row)
    const kit = await clusters.start(options)
    const shopId = publishEvent().shop_id
    const urlOf = (role: "edge" | "gateway"): string => kit.cluster.process(role, 1).url ?? ""
    const urls = { edge: urlOf("edge"), gateway: urlOf("gateway") }
    expect((await askDoor("POST /publish", urls, shopId)).answer).to.equal("200")
    const doorsAnswer = async (like: Row): Promise<void> => {
      await Promise.all(
        Object.keys(doors).map((door) => {
          const wanted = like[door] ?? ""
          return until(`${door} to answer ${wanted}`, () => answers(door, wanted, urls, shopId))
        }),
      )
    }
    await bring(kit, shopId, clusters.disk)
    await doorsAnswer(row)
    const logged = row["logged once"]
    if (logged) {
      const [name = "", text = ""] = logged.split(": ")
      await until(`${name} to log it`, () => kit.lines(name, text).length > 0)
      expect(kit.lines(name, text)).to.have.length(1)
    }
    if (heal !== undefined) {
      await heal(kit, clusters.disk)
      await doorsAnswer(whole)
    }
    await clusters.stop()
  }

  const titleOf = (row: Row): string => `is right without ${row["what is missing"]}`
  const [possible, impossible] = [true, false].map((wanted) =>
    rows.filter((row) => wanted === (noDisk === undefined || faultOf(row).options?.diskMiB === undefined)),
  ) as [Row[], Row[]]
  for (const row of impossible)
    it(titleOf(row), function () {
      skip(this, noDisk ?? "")
    })

  atOnce(
    async () => new ClusterKit(),
    Object.fromEntries(
      possible.map((row) => [titleOf(row), (clusters: ClusterKit): Promise<void> => isRight(row, clusters)]),
    ),
    { atATime: CLUSTERS },
  )
})

/** Whether a door answers as a cell of the table says, in time, three times in a row. */
async function answers(door: string, cell: string, urls: DoorUrls, shopId: string): Promise<boolean> {
  const asked = askDoor(door, urls, shopId)
  if (cell === "waits" || cell === "no answer")
    return (await Promise.race([asked, sleep(WAITS_MS, undefined)])) === undefined
  const [wanted, seconds] = cell.split(/ in | s$/)
  const maxMs = seconds === undefined ? AT_ONCE_MS : Number(seconds) * 1000
  const isRight = ({ answer, ms, retryAfter }: DoorAnswer): boolean =>
    answer === wanted && ms < maxMs && (retryAfter === null || (answer === "503" && retryAfter === "1"))
  if (!isRight(await asked)) return false
  for (let i = 0; i < 2; i++) if (!isRight(await askDoor(door, urls, shopId))) return false
  return true
}
