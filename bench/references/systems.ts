// The systems that `POST /publish/{shop_id}` is measured on: the product, and what it stands beside. Each has a nats-server of its own
// where it needs one, so that no other's stream takes what it publishes.
import type { ChildProcess } from "node:child_process"
import { fileURLToPath } from "node:url"
import { connect } from "nats"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { openStream } from "../../service/log/stream.ts"
import { startNats } from "../../test/helpers/nats.ts"
import { freePort } from "../../test/helpers/ports.ts"
import { until } from "../../test/helpers/until.ts"
import { pythonWith } from "../../tools/programs/python.ts"
import { endChild, firstLine, startChild } from "../children.ts"
import type { Door } from "../load/plan.ts"
import { startProcesses, UNLIMITED } from "../processes.ts"

export interface System {
  readonly door: Door
  readonly url: string
  /** Its processes, by what they are. */
  readonly pids: Readonly<Record<string, number>>
  stop(): Promise<void>
}

/** Of nats-server, where the system stores events. */
export interface StoreOptions {
  /** As that of `natsServerConf`. */
  readonly syncInterval?: string | undefined
}

/** The product, which counts its requests, events and times for Prometheus. */
export const COUNTED = "shopwire with METRICS_PORT"

/** How each starts, by the name that its figures have. All resolve when they answer. */
export const systems = {
  shopwire: startProduct,
  [COUNTED]: (options) => startProduct(options, true),
  "bare path": startBarePath,
  Express: startExpress,
  // As `pip install fastapi uvicorn` has it, which is what the system before this one ran on; and with uvicorn's faster loop and parser.
  FastAPI: () => startFastapi({ loop: "asyncio", http: "h11" }),
  "FastAPI, uvloop": () => startFastapi({ loop: "uvloop", http: "httptools" }),
  "JetStream from Node": startJetStream,
  "bare node:http": startBare,
} satisfies Record<string, (options: StoreOptions) => Promise<System>>

export type SystemName = keyof typeof systems

/** Compiled: `npm run build` first. */
async function startProduct({ syncInterval }: StoreOptions, metrics = false): Promise<System> {
  const product = await startProcesses({ syncInterval, env: UNLIMITED, metrics })
  const { edge, service, nats } = product.pids
  return { door: "http", url: product.edgeUrl, pids: { edge, service, nats }, stop: () => product.stop() }
}

/** A bare node:http server. */
async function startBare(): Promise<System> {
  const server = startChild(process.execPath, node("bare.ts"), { stdout: "pipe" })
  return {
    door: "http",
    url: `http://127.0.0.1:${await firstLine(server)}`,
    pids: { server: pid(server) },
    stop: () => endChild(server),
  }
}

/** Express and core NATS. */
async function startExpress(): Promise<System> {
  const nats = await startNats()
  const server = startChild(process.execPath, [...node("express.ts"), nats.url], { stdout: "pipe" })
  return {
    door: "http",
    url: `http://127.0.0.1:${await firstLine(server)}`,
    pids: { server: pid(server), nats: nats.pid ?? 0 },
    stop: async () => {
      await endChild(server)
      await nats.stop()
    },
  }
}

/**
 * FastAPI and core NATS.
 *
 * @throws {MissingProgram} this machine has no Python for it
 */
async function startFastapi(uvicorn: { readonly loop: string; readonly http: string }): Promise<System> {
  const requirements = fileURLToPath(new URL("fastapi/requirements.txt", import.meta.url))
  const python = await pythonWith(requirements, "the FastAPI reference")
  const nats = await startNats()
  const port = await freePort()
  const server = startChild(python, [path("fastapi/app.py"), nats.url, `${port}`, uvicorn.loop, uvicorn.http])
  const url = `http://127.0.0.1:${port}`
  const answers = () =>
    fetch(url).then(
      () => true,
      () => false,
    )
  await until("FastAPI to answer", answers, 20_000)
  return {
    door: "http",
    url,
    pids: { server: pid(server), nats: nats.pid ?? 0 },
    stop: async () => {
      await endChild(server)
      await nats.stop()
    },
  }
}

/** The bare path: a small edge and a small service, with the product's way from the POST to the acknowledgement. */
async function startBarePath(options: StoreOptions): Promise<System> {
  const nats = await startNats(options)
  const service = startChild(process.execPath, [...node("bare-path-service.ts"), nats.url], { stdout: "pipe" })
  await firstLine(service)
  const edge = startChild(process.execPath, [...node("bare-path-edge.ts"), nats.url], { stdout: "pipe" })
  return {
    door: "http",
    url: `http://127.0.0.1:${await firstLine(edge)}`,
    pids: { edge: pid(edge), service: pid(service), nats: nats.pid ?? 0 },
    stop: async () => {
      await endChild(edge)
      await endChild(service)
      await nats.stop()
    },
  }
}

/** A nats-server with the log's stream, for a load that publishes to it. */
async function startJetStream(options: StoreOptions): Promise<System> {
  const server = await startNats(options)
  const nats = await connect({ servers: server.url })
  await openStream(new JetStream(nats), { maxAgeDays: 0, maxMiB: 0 })
  await nats.close()
  return { door: "jetstream", url: server.url, pids: { nats: server.pid ?? 0 }, stop: () => server.stop() }
}

function path(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}

function node(file: string): string[] {
  return [...process.execArgv, path(file)]
}

function pid(child: ChildProcess): number {
  return child.pid ?? 0
}
