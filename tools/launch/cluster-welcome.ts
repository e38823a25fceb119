import { samplePublishEvent } from "../../contract/publish-event.ts"
import type { ClusterProcess } from "./cluster.ts"

/** The text printed when a cluster is ready: its processes, and commands to copy. */
export function clusterWelcome({
  url,
  processes,
}: {
  readonly url: string
  readonly processes: readonly ClusterProcess[]
}): string {
  const { shop_id } = samplePublishEvent
  const rows = processes.map(
    ({ role, number, pid, url: own = "" }) =>
      `  ${`${role} ${number}`.padEnd(10)} pid ${String(pid ?? "-").padEnd(8)}${own}`,
  )
  return `
shopwire is ready, as a cluster.

  merchant ${url}/merchant/?shop=${shop_id}
  shop     ${url}/storefront/
  all      ${url}  (edges; gateways at /api/ and ${url.replace("http", "ws")}/; old storefronts at ${url.replace("http", "ws")}/<sessionId>)

${rows.join("\n")}

A process that dies is started again. Try kill -9 <pid>, and publish and read meanwhile:

curl -X POST ${url}/publish/${shop_id} -H 'Content-Type: application/json' -d '${JSON.stringify(samplePublishEvent)}'
curl ${url}/api/store/${shop_id}/feed

Ctrl-C stops everything.

`
}
