export {
  type CallOptions,
  Client,
  type ClientOptions,
  type GetAnswerOf,
  type ResourceContent,
  type ResourceResponse,
} from "./client.ts"
export { InvalidAnswerError } from "./invalid-answer.ts"
export { JsonText } from "./json-text.ts"
export type { GrantedAccess } from "./messages.ts"
export { Mirror, type MirrorEvent, type MirroredResource, type MirrorOf } from "./mirror.ts"
export { NoRespondersError, NotSentError, type OnAnswer, Requester, type SendOptions } from "./requester.ts"
