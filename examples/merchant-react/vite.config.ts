import react from "@vitejs/plugin-react"
import { defaultClientConditions, defineConfig } from "vite"

export default defineConfig({
  plugins: [react()],
  // Only in this repository: its packages from their sources.
  resolve: { conditions: ["@res-service/source", ...defaultClientConditions] },
})
