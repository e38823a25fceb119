import { Connection, loadConfig } from "@shopwire/client"
import { ConnectionProvider } from "@shopwire/react"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { App } from "./app.tsx"
import { Boundary } from "./parts/boundary.tsx"
import { Failed } from "./parts/failed.tsx"
import { preloadParts } from "./parts/loaded-part.tsx"
import "./styles/all.css"
import { startTexts } from "./locale/texts.ts"
import { applyTheme } from "./shop/theme.tsx"

/** When the first screen is there, even over a slow network. */
const PRELOAD_AFTER_MS = 3000

applyTheme()
const element = document.getElementById("root")
if (element === null) throw new Error("the page has no #root")
const root = createRoot(element)
const texts = startTexts()

async function start(): Promise<void> {
  try {
    const [config] = await Promise.all([loadConfig(), texts])
    const connection = new Connection(config.gateway)
    root.render(
      <StrictMode>
        <Boundary>
          <ConnectionProvider connection={connection}>
            <App config={config} />
          </ConnectionProvider>
        </Boundary>
      </StrictMode>,
    )
    // Safari has no requestIdleCallback.
    setTimeout(preloadParts, PRELOAD_AFTER_MS)
  } catch (error) {
    await texts
    root.render(<Failed reason={error instanceof Error ? error.message : String(error)} onAgain={() => void start()} />)
  }
}

void start()
