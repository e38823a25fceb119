export { type CallOptions, Client, type ClientOptions, type Resource, type ResourceResponse } from "./client.ts"
export type { Access } from "./messages.ts"
export { Mirror, type MirrorEvent, type MirroredResource } from "./mirror.ts"
export { type Answered, NoRespondersError, NotSentError, Requester, type SendOptions } from "./requester.ts"
