export { block, freePort } from "../../tools/launch/ports.ts"
