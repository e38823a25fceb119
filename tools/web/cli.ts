// `npm run build:web`, and a step of `npm start`: builds the pages of `web/`, unless they are up to date.
import { buildWeb } from "./build.ts"

// Otherwise Vite would build React's development version.
process.env.NODE_ENV = "production"

await buildWeb((line) => process.stderr.write(`${line}\n`))
