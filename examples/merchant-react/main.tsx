import { Connection } from "@shopwire/client"
import { ConnectionProvider, useBaskets, useConnectionState, useFeed, useStats } from "@shopwire/react"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"

const SHOP = new URLSearchParams(location.search).get("shop") ?? "123e4567-e89b-42d3-a456-426614174000"
const connection = new Connection(import.meta.env.VITE_GATEWAY ?? "ws://127.0.0.1:8080")

function Shop() {
  const { kind } = useConnectionState()
  const { timeline, older } = useFeed(SHOP)
  const { data: stats } = useStats(SHOP)
  const { data: baskets = [] } = useBaskets(SHOP)
  return (
    <main>
      <h1>Shop {SHOP.slice(0, 8)}</h1>
      <p role="status">
        {kind} · {stats?.events ?? 0} events · {baskets.length} open baskets worth {(stats?.value_open ?? 0).toFixed(2)}
      </p>
      <ul>
        {timeline.events.map(({ seq, received_at, action, product_name, product_price }) => (
          <li key={seq}>
            {new Date(received_at).toLocaleTimeString()} {action} {product_name} {product_price.toFixed(2)}
          </li>
        ))}
      </ul>
      {!timeline.complete && (
        <button type="button" onClick={older}>
          Older events
        </button>
      )}
    </main>
  )
}

createRoot(document.body.appendChild(document.createElement("div"))).render(
  <StrictMode>
    <ConnectionProvider connection={connection}>
      <Shop />
    </ConnectionProvider>
  </StrictMode>,
)
