// `npm run build:web`, and a step of `npm start`: builds the pages of `web/`, unless they are as their sources.
import { buildWeb } from "./build.ts"

// React is another one in development.
process.env.NODE_ENV = "production"

await buildWeb((line) => process.stderr.write(`${line}\n`))
