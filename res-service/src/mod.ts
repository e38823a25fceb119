export type { Conn, ConnStatus, Msg, Subscription } from "./conn.ts"
export { type ErrorObject, ResError, type SystemErrorCode, systemErrors } from "./errors.ts"
export { type Logger, silentLogger } from "./logger.ts"
export { natsConn } from "./nats-conn.ts"
export { type PartName, type Parts, Pattern } from "./pattern.ts"
export { formatRid, isValidName, isValidPart, isValidRid, parseRid, type Rid } from "./rid.ts"
export {
  type Collection,
  type DataValue,
  type DeleteAction,
  dataValue,
  deleteAction,
  type Json,
  type Model,
  type Primitive,
  type Reference,
  reference,
  type SoftReference,
  softReference,
  type Value,
} from "./values.ts"
