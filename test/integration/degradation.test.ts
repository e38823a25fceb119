import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import { projectDir } from "../../config/project-dir.ts"
import type { ClusterOptions } from "../../tools/launch/cluster.ts"
import { startProductCluster, type TestProductCluster } from "../helpers/cluster.ts"
import { askDoor, type DoorAnswer, type DoorUrls, doors } from "../helpers/doors.ts"
import { publishEvent, publishEvents } from "../helpers/events.ts"
import { post } from "../helpers/http.ts"
import { PATIENCE_MS, until } from "../helpers/until.ts"

/** An answer that comes at once comes within this time, in ms. It takes some 20 ms on a machine with nothing else to do. */
const AT_ONCE_MS = 1000
/** A stream "waits" when it has not been answered after this time, in ms. */
const WAITS_MS = 5000

interface Fault {
  readonly options?: Pick<ClusterOptions, "size" | "env" | "maxStoreMiB">
  bring(kit: TestProductCluster, shopId: string): Promise<void>
}

const kill =
  (...victims: [role: "nats" | "service" | "gateway", number: number][]) =>
  async ({ cluster }: TestProductCluster): Promise<void> => {
    await Promise.all(victims.map(([role, number]) => cluster.process(role, number).kill()))
  }

/** By the beginning of a row of the table. */
const faults: Readonly<Record<string, Fault>> = {
  nothing: { bring: async () => {} },
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
  "all services": { bring: kill(["service", 1]) },
  "one of two services": { options: { size: { service: 2 } }, bring: kill(["service", 1]) },
  "the gateway": { bring: kill(["gateway", 1]) },
  MongoDB: {
    options: { env: { MONGO_URL: "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100" } },
    bring: async () => {},
  },
}

/** The rows of the first table of `docs/degradation.md`, each by its columns. */
function tableRows(): Readonly<Record<string, string>>[] {
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

describe("docs/degradation.md", function () {
  this.timeout(4 * PATIENCE_MS)
  const rows = tableRows()

  it("has a column for each door, and a row for each fault", () => {
    expect(Object.keys(rows[0] ?? {})).to.deep.equal(["what is missing", ...Object.keys(doors), "logged once"])
    expect(rows.map((row) => row["what is missing"]?.split(/[,:]/)[0])).to.deep.equal(Object.keys(faults))
  })

  for (const row of rows) {
    const missing = row["what is missing"] ?? ""
    it(`is right without ${missing}`, async () => {
      const { options = {}, bring } = faults[missing.split(/[,:]/)[0] ?? ""] ?? { bring: async () => {} }
      const kit = await startProductCluster({
        ...options,
        env: { LOG_LEVEL: "info", ...options.env },
        size: { nats: 1, service: 1, edge: 1, gateway: 1, proxy: 0, archiver: 0, ...options.size },
      })
      try {
        const shopId = publishEvent().shop_id
        const urlOf = (role: "edge" | "gateway"): string => kit.cluster.process(role, 1).url ?? ""
        const urls = { edge: urlOf("edge"), gateway: urlOf("gateway") }
        expect((await askDoor("POST /publish", urls, shopId)).answer).to.equal("200")
        await bring(kit, shopId)
        for (const door of Object.keys(doors)) {
          const wanted = row[door] ?? ""
          await until(`${door} to answer ${wanted}`, () => answers(door, wanted, urls, shopId))
        }
        const logged = row["logged once"]
        if (logged) {
          const [name = "", text = ""] = logged.split(": ")
          const lines = (): string[] =>
            kit
              .output()
              .split("\n")
              .filter((line) => line.startsWith(`${name} `) && line.includes(text))
          await until(`${name} to log it`, () => lines().length > 0)
          expect(lines()).to.have.length(1)
        }
      } finally {
        await kit.stop()
      }
    })
  }
})

/** Whether a door answers as a cell of the table says, in time, three times in a row. */
async function answers(door: string, cell: string, urls: DoorUrls, shopId: string): Promise<boolean> {
  const asked = askDoor(door, urls, shopId)
  if (cell === "waits") return (await Promise.race([asked, sleep(WAITS_MS, undefined)])) === undefined
  const [wanted, seconds] = cell.split(/ in | s$/)
  const maxMs = seconds === undefined ? AT_ONCE_MS : Number(seconds) * 1000
  const isRight = ({ answer, ms, retryAfter }: DoorAnswer): boolean =>
    answer === wanted && ms < maxMs && (retryAfter === null || (answer === "503" && retryAfter === "1"))
  if (!isRight(await asked)) return false
  for (let i = 0; i < 2; i++) if (!isRight(await askDoor(door, urls, shopId))) return false
  return true
}
