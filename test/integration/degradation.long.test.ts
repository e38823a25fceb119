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
/** Clusters at a time for the faults that need nothing special. One more is for the others: most of the time a row waits. */
const COMMON_CLUSTERS = 2
/** A stream "waits" when it has not been answered after this time, in ms. */
const WAITS_MS = 5000
/** Pause before a door that did not answer as it should is asked again, in ms: eight doors are asked all the time. */
const AGAIN_MS = 400

/** A row of the table by its columns. */
type Row = Readonly<Record<string, string>>

interface FaultOptions extends Pick<ClusterOptions, "size" | "env" | "maxStoreMiB"> {
  /** The data is on a disk of its own of this size. */
  readonly diskMiB?: number
}

interface Fault {
  readonly options: FaultOptions
  bring(kit: TestProductCluster, shopId: string, disk: SmallDisk | undefined): Promise<void>
  /** After this all doors answer again as without a fault, and the cluster is used for the next row with the same options. */
  heal?(kit: TestProductCluster, disk: SmallDisk | undefined): Promise<void>
}

const COMMON: FaultOptions = {}
const TWO_SERVICES: FaultOptions = { size: { service: 2 } }

/** Processes are killed, and started again. */
const kill = (
  ...victims: [role: "nats" | "service" | "gateway", number: number][]
): Required<Pick<Fault, "bring" | "heal">> => ({
  bring: async ({ cluster }) => {
    await Promise.all(victims.map(([role, number]) => cluster.process(role, number).kill()))
  },
  heal: async ({ cluster }) => {
    for (const [role, number] of victims) cluster.process(role, number).start()
  },
})

/** The row of the table without a fault. */
const WHOLE = "nothing"

/** A process stands still, and goes on. */
const hang = (role: ClusterRole, number: number): Required<Pick<Fault, "bring" | "heal">> => ({
  bring: async ({ cluster }) => suspend(cluster.process(role, number).pid ?? 0),
  heal: async ({ cluster }) => cluster.process(role, number).resume(),
})

const nothing = async (): Promise<void> => {}

const served = (kit: TestProductCluster, name: string): number => kit.lines(name, "serves more shards").length

/** A fault of one of two services. One that serves no shard yet is missed by nobody, so that both do before and after. */
const ofOneService = ({ bring, heal }: Required<Pick<Fault, "bring" | "heal">>): Fault => ({
  options: TWO_SERVICES,
  bring: async (kit, ...rest) => {
    for (const name of ["service-1", "service-2"]) await until(`${name} to serve`, () => served(kit, name) > 0)
    await bring(kit, ...rest)
  },
  heal: async (kit, disk) => {
    const before = served(kit, "service-1")
    await heal(kit, disk)
    await until("service-1 to serve again", () => served(kit, "service-1") > before)
  },
})

/** By the beginning of a row of the table. */
const faults: Readonly<Record<string, Fault>> = {
  [WHOLE]: { options: COMMON, bring: nothing, heal: nothing },
  NATS: { options: COMMON, ...kill(["nats", 1]) },
  "NATS's quorum": { options: { size: { nats: 3 } }, bring: kill(["nats", 2], ["nats", 3]).bring },
  "room in JetStream": {
    options: { maxStoreMiB: 12, env: { SESSIONS_MAX_MIB: "1" } },
    bring: async ({ cluster }, shopId) => {
      const events = publishEvents(90, shopId).map((event) => ({ ...event, product_name: "x".repeat(7000) }))
      const url = `${cluster.process("edge", 1).url}/publish/${shopId}`
      await until("JetStream to be full", async () => (await post(url, events)).status === 503)
    },
  },
  JetStream: {
    options: COMMON,
    bring: (kit) => restartNats(kit, (conf) => conf + NO_JETSTREAM),
    heal: (kit) => restartNats(kit, (conf) => conf.replace(NO_JETSTREAM, "")),
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
  "all services": { options: COMMON, ...kill(["service", 1]) },
  "one of two services": ofOneService(kill(["service", 1])),
  "the gateway": { options: COMMON, ...kill(["gateway", 1]) },
  MongoDB: {
    options: { env: { MONGO_URL: "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100" } },
    bring: nothing,
  },
  "answers of NATS": { options: COMMON, ...hang("nats", 1) },
  "answers of all services": { options: COMMON, ...hang("service", 1) },
  "answers of one of two services": ofOneService(hang("service", 1)),
  "answers of the edge": { options: COMMON, ...hang("edge", 1) },
  "answers of the gateway": { options: COMMON, ...hang("gateway", 1) },
}

const NO_JETSTREAM = "jetstream: disabled\n"

/** Restarts nats-server with another configuration. */
async function restartNats({ cluster, dataDir }: TestProductCluster, change: (conf: string) => string): Promise<void> {
  const nats = cluster.process("nats", 1)
  await nats.stop()
  const conf = join(dataDir, "nats-1-server.conf")
  writeFileSync(conf, change(readFileSync(conf, "utf8")))
  nats.start()
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
  #options: FaultOptions | undefined
  #running: TestProductCluster | undefined
  #disk: SmallDisk | undefined

  get disk(): SmallDisk | undefined {
    return this.#disk
  }

  /** The one that runs, if it has these options; else another one. */
  async with(options: FaultOptions): Promise<TestProductCluster> {
    if (options === this.#options && this.#running !== undefined) return this.#running
    await this.stop()
    const { size, env, diskMiB, ...others } = options
    if (diskMiB !== undefined) this.#disk = await SmallDisk.mount(diskMiB)
    this.#options = options
    this.#running = await startProductCluster({
      ...others,
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
    const { options, bring, heal } = faultOf(row)
    const kit = await clusters.with(options)
    const shopId = publishEvent().shop_id
    const urlOf = (role: "edge" | "gateway"): string => kit.cluster.process(role, 1).url ?? ""
    const urls = { edge: urlOf("edge"), gateway: urlOf("gateway") }
    await until("an event to be stored", async () => (await askDoor("POST /publish", urls, shopId)).answer === "200")
    const doorsAnswer = async (like: Row): Promise<void> => {
      await Promise.all(
        Object.keys(doors).map((door) => {
          const wanted = like[door] ?? ""
          return until(`${door} to answer ${wanted}`, async () => {
            if (await answers(door, wanted, urls, shopId)) return true
            return await sleep(AGAIN_MS, false)
          })
        }),
      )
    }
    const [name = "", text] = (row["logged once"] ?? "").split(": ")
    const logged = (): number => (text === undefined ? 0 : kit.lines(name, text).length)
    const loggedBefore = logged()
    await bring(kit, shopId, clusters.disk)
    await doorsAnswer(row)
    if (text !== undefined) {
      await until(`${name} to log it`, () => logged() > loggedBefore)
      expect(logged()).to.equal(loggedBefore + 1)
    }
    if (heal !== undefined) {
      await heal(kit, clusters.disk)
      await doorsAnswer(whole)
    }
  }

  const titleOf = (row: Row): string => `is right without ${row["what is missing"]}`
  const ofKind = (isMeant: (options: FaultOptions) => boolean): Row[] =>
    rows.filter((row) => isMeant(faultOf(row).options))
  const areRight = (some: readonly Row[], atATime: number): void =>
    atOnce(
      async () => new ClusterKit(),
      Object.fromEntries(some.map((row) => [titleOf(row), (clusters: ClusterKit) => isRight(row, clusters)])),
      { atATime, reuse: true },
    )
  const isPossible = ({ diskMiB }: FaultOptions): boolean => noDisk === undefined || diskMiB === undefined
  for (const row of ofKind((options) => !isPossible(options)))
    it(titleOf(row), function () {
      skip(this, noDisk ?? "")
    })
  areRight(
    ofKind((options) => options === COMMON),
    COMMON_CLUSTERS,
  )
  areRight(
    [
      ...ofKind((options) => options === TWO_SERVICES),
      ...ofKind((options) => options !== COMMON && options !== TWO_SERVICES && isPossible(options)),
    ],
    1,
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
