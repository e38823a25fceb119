import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Cluster, type ClusterOptions } from "../../tools/launch/cluster.ts"
import { createOutput } from "../../tools/launch/output.ts"
import { compile } from "./compiled.ts"
import { freePort } from "./ports.ts"

/** The product as real processes on a NATS cluster, on free ports and with data of its own. `stop` leaves nothing behind. */
export interface TestProductCluster {
  readonly cluster: Cluster
  readonly dataDir: string
  /** What it printed. */
  readonly output: () => string
  /** The lines with a text that a process printed, such as "service-1". */
  readonly lines: (name: string, text: string) => string[]
  stop(): Promise<void>
}

export interface ProductClusterOptions extends Omit<ClusterOptions, "output"> {
  /** A folder for the data. Default: that for temporary files. */
  readonly disk?: string
}

/** How much of the output is kept, in characters. */
const MAX_PRINTED = 1_000_000

/**
 * Starts it from the compiled programs. Throws with its output when that fails.
 *
 * @param onPrint gets what it prints as well
 */
export async function startProductCluster(
  { env = {}, disk, ...options }: ProductClusterOptions = {},
  onPrint: (text: string) => void = () => {},
): Promise<TestProductCluster> {
  await compile()
  const dataDir = await mkdtemp(join(disk ?? tmpdir(), "shopwire-cluster-"))
  let printed = ""
  const write = (text: string): void => {
    printed = (printed + text).slice(-MAX_PRINTED)
    onPrint(text)
  }
  const given = { NATS_URL: "", RESGATE_URL: "", MONGO_URL: "", NODE_ENV: "", LOG_LEVEL: "" }
  const own = { DATA_DIR: dataDir, EDGE_PORT: String(await freePort()) }
  const cluster = new Cluster({
    compiled: true,
    ...options,
    env: { ...process.env, ...given, ...own, ...env },
    output: createOutput({ write, json: false, colour: false }),
  })
  const stop = async (): Promise<void> => {
    await cluster.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    await cluster.start()
  } catch (error) {
    await stop()
    throw new Error(`${String(error)}\n${printed}`)
  }
  const lines = (name: string, text: string): string[] =>
    printed.split("\n").filter((line) => line.startsWith(`${name} `) && line.includes(text))
  return { cluster, dataDir, output: () => printed, lines, stop }
}
