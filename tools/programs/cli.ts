// `npm run build`, and a step of `npm start`: makes the programs in `dist/`.
import { buildPrograms } from "./build.ts"

await buildPrograms()
