export {
  type CallOptions,
  Client,
  type ClientOptions,
  type GotOf,
  type Resource,
  type ResourceResponse,
} from "./client.ts"
export type { Access } from "./messages.ts"
export { Mirror, type MirrorEvent, type MirroredResource, type MirrorOf } from "./mirror.ts"
export { type Answered, NoRespondersError, NotSentError, Requester, type SendOptions } from "./requester.ts"
export { UnfitAnswerError } from "./unfit.ts"
