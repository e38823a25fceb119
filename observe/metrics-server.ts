import { createServer } from "node:http"
import type { Logger } from "res-service"
import type { Metrics } from "./metrics.ts"

/** Where a process shows its metrics. */
export interface MetricsAddress {
  readonly host: string
  readonly port: number
}

/** A scrape that takes longer to be asked or answered, in ms, is cut off. */
const REQUEST_TIMEOUT_MS = 10_000

/**
 * Answers `GET /metrics` at a port of its own until the process ends, which it does not keep alive. Rejects when the port is taken.
 *
 * @returns the port, which differs from the given one if that is 0
 */
export async function serveMetrics(metrics: Metrics, { host, port }: MetricsAddress, logger: Logger): Promise<number> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (req, res) => {
    if (req.url?.split("?")[0] !== "/metrics") {
      res.writeHead(404).end()
      return
    }
    metrics.text().then(
      (text) => res.writeHead(200, { "Content-Type": metrics.registry.contentType }).end(text),
      (error: unknown) => {
        logger.error({ err: error }, "the metrics could not be read")
        res.writeHead(500).end()
      },
    )
  })
  server.unref()
  const listening = await new Promise<number>((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === "object" && address !== null ? address.port : port)
    })
  })
  logger.info({ host, port: listening }, "metrics listen")
  return listening
}
