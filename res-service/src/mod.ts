export { AddressCounts } from "./address-counts.ts"
export { addressGroup, type ClientAddresses, clientAddresses } from "./client-address.ts"
export type { Conn, ConnStatus, Headers, Msg, Subscription } from "./conn.ts"
export { connectOncePerTurn } from "./connect-once-per-turn.ts"
export type { Kind } from "./contract/contract.ts"
export { deferredConn } from "./deferred-conn.ts"
export { type ErrorObject, ResError, type SystemErrorCode, systemErrors } from "./errors.ts"
export { hasSubscribers } from "./has-subscribers.ts"
export { type Beating, type BeatingSocket, Heartbeat, type HeartbeatOptions } from "./heartbeat.ts"
export { HostNames, hasManyHosts, isLocalhost } from "./host-names.ts"
export { LatestKeys } from "./latest-keys.ts"
export { type Logger, silentLogger } from "./logger.ts"
export { connectNats, type NatsConn, natsConn, newInbox } from "./nats-conn.ts"
export { type PartName, type Parts, Pattern } from "./pattern.ts"
export { pingOptions } from "./ping-options.ts"
export { findHeader } from "./read-header.ts"
export type { RequestNumber } from "./request-number.ts"
export { formatRid, isValidName, isValidPart, isValidRid, parseRid, type Rid } from "./rid.ts"
export type {
  CollectionChanges,
  CollectionEvents,
  ModelChanges,
  ModelEvents,
  QueryAnswer,
  QueryEvent,
  ResourceEvents,
} from "./service/events.ts"
export { type ContractEvents, type ContractHandlers, handle } from "./service/handle.ts"
export { mount, type Under, under } from "./service/mount.ts"
export type { Observation, ObservedRequest, ServiceObserver } from "./service/observer.ts"
export type { Owned } from "./service/owned.ts"
export type { Mode } from "./service/queue.ts"
export type {
  AccessRequest,
  Admission,
  AuthRequest,
  BaseRequest,
  CallRequest,
  ClientRequest,
  GetRequest,
  Meta,
} from "./service/request.ts"
export {
  type Access,
  type AnyResource,
  type AuthMethod,
  type AuthMethods,
  accessDenied,
  accessGranted,
  authMethod,
  type CallMethod,
  type CallMethods,
  collection,
  type EventsOf,
  type Handlers,
  type MakeMethod,
  type Method,
  method,
  model,
  type QueryHandler,
  query,
  type Resource,
  ResourceResponse,
  type Send,
} from "./service/resource.ts"
export type { Routing } from "./service/routing.ts"
export { Service, type ServiceLoad, type ServiceOptions } from "./service/service.ts"
export { LiveStore, type Storage, type Store, type StoreChange } from "./service/store.ts"
export { type StoreCollection, storeCollection } from "./service/store-collection.ts"
export { type ShownModel, type StoreModel, storeModel } from "./service/store-model.ts"
export type { Problem, StandardSchema } from "./standard-schema.ts"
export { closeAnswered, OpenSockets, onWebSocketUpgrade } from "./upgrade-requests.ts"
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
