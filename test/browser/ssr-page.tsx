import { Connection, stats } from "@shopwire/client"
import { ConnectionProvider, useBaskets, useConnectionState, useFeed, useModel } from "@shopwire/react"
import { StrictMode, Suspense, version } from "react"
import { renderToString } from "react-dom/server"

const SHOP = "123e4567-e89b-42d3-a456-426614174000"

function Shop() {
  const { feed, timeline } = useFeed(SHOP)
  const baskets = useBaskets(SHOP)
  const { kind } = useConnectionState()
  return (
    <p>
      {kind} {feed.status} {timeline.events.length} {baskets.status}
    </p>
  )
}

function Suspending() {
  return <p>{useModel(stats, { shop_id: SHOP }, { suspense: true }).status}</p>
}

/** What a server sends of a page that uses the hooks. */
export const html: string = renderToString(
  <StrictMode>
    <ConnectionProvider connection={new Connection("ws://127.0.0.1:1")}>
      <Shop />
      <Suspense fallback={<p>waiting</p>}>
        <Suspending />
      </Suspense>
    </ConnectionProvider>
  </StrictMode>,
)

export const reactVersion: string = version
