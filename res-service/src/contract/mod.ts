export { type ErrorObject, ResError, type SystemErrorCode, systemErrors } from "../errors.ts"
export { type PartName, type Parts, Pattern } from "../pattern.ts"
export { formatRid, isValidName, isValidPart, isValidRid, parseRid, type Rid } from "../rid.ts"
export type { Input, JsonSchemaTarget, Output, Problem, StandardSchema } from "../standard-schema.ts"
export {
  type DataValue,
  dataValue,
  type Json,
  type Primitive,
  type Reference,
  reference,
  type SoftReference,
  softReference,
  type Value,
} from "../values.ts"
export {
  type AnswerOf,
  type AnyContract,
  type ContentOf,
  Contract,
  type Definition,
  type DefinitionOf,
  defineCollection,
  defineModel,
  type EventsIn,
  type Kind,
  type MethodDefinition,
  type MethodOf,
  type ParamsOf,
  type PartsOf,
  type QueryOf,
  type ReferenceTo,
  referenceTo,
  type Shown,
  type ValueOf,
  type Whole,
} from "./contract.ts"
export type { Description, JsonSchema, MethodDescription } from "./describe.ts"
