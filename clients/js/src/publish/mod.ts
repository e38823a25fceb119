export type { Problem, ProblemEntry } from "../../../../contract/problem.ts"
export type { PublishEvent } from "../../../../contract/publish-event.ts"
export type { SentEvent } from "../../../../contract/shared-session.ts"
export { Observable } from "../observable.ts"
export type { PublisherEvent } from "./guest.ts"
export { MemoryStore } from "./memory-store.ts"
export { openStore } from "./open-store.ts"
export {
  type OutboxChange,
  OutboxFullError,
  type OutboxState,
  type OutboxStore,
  type StoredEvent,
} from "./outbox-store.ts"
export { ProblemError } from "./problem-error.ts"
export { Publisher, type PublisherOptions, type PublisherState, type TokenProvider } from "./publisher.ts"
