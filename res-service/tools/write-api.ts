// `npm run api`: writes docs/api.md from the docstrings.
import { mkdirSync, writeFileSync } from "node:fs"
import { apiPage, readExports } from "./api-page.ts"

const folder = new URL("../docs/", import.meta.url)
mkdirSync(folder, { recursive: true })
writeFileSync(new URL("api.md", folder), apiPage(readExports()))
