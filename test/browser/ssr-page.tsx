import { Connection, stats } from "@shopwire/client"
import { ConnectionProvider, useBaskets, useConnectionState, useFeed, useModel } from "@shopwire/react"
import { StrictMode, Suspense, version } from "react"
import { renderToReadableStream, renderToString } from "react-dom/server"

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

const page = (
  <StrictMode>
    <ConnectionProvider connection={new Connection("ws://127.0.0.1:1")}>
      <Shop />
      <Suspense fallback={<p>waiting</p>}>
        <Suspending />
      </Suspense>
    </ConnectionProvider>
  </StrictMode>
)

/** What a server sends of a page that uses the hooks. */
export const html: string = renderToString(page)

/** The same, sent as a stream, which ends when nothing is suspended any more; and the errors that the server is told. */
export async function stream(): Promise<{ html: string; errors: readonly string[] }> {
  const errors: string[] = []
  const body = await renderToReadableStream(page, { onError: (error) => void errors.push(String(error)) })
  return { html: await new Response(body).text(), errors }
}

export const reactVersion: string = version
