export type {
  AnswerOf,
  AnyContract,
  EventsIn,
  MethodOf,
  ParamsOf,
  PartsOf,
  QueryOf,
  ValueOf,
} from "res-service/contract"
export type { Basket, BasketLine } from "../../../contract/basket.ts"
export type { BasketTask } from "../../../contract/basket-work.ts"
export type { Day, DaysQuery } from "../../../contract/day.ts"
export type { CopyKind, Digest } from "../../../contract/digest.ts"
export type { ErrorCode } from "../../../contract/errors.ts"
export { BYTE_ORDER_MARK, csvHead, csvRows, eventColumns } from "../../../contract/event-table.ts"
export { type GroupTotal, groupTotal, type MemberTotal } from "../../../contract/group-total.ts"
export { AMOUNT, type HistoryFilter, matcherOf } from "../../../contract/history.ts"
export {
  FEED_LIMIT,
  LIST_LIMIT,
  MAX_CATEGORY_LENGTH,
  MAX_DAYS,
  MAX_DISPLAY_NAME,
  MAX_FIND_LENGTH,
} from "../../../contract/limits.ts"
export type { OpeningHours, Profile, ProfilePatch } from "../../../contract/profile.ts"
export type { PublishEvent, ShownEvent } from "../../../contract/publish-event.ts"
export {
  cart,
  cartLine,
  cartLines,
  multicart,
  type Owner,
  present,
  sessionMember,
  sessionMembers,
  sessionStatus,
} from "../../../contract/session.ts"
export {
  type ClientKind,
  MEMBER_COLOURS,
  type Presence,
  type SessionMember,
} from "../../../contract/session-members.ts"
export type { Phase, SessionStatus, Split } from "../../../contract/session-status.ts"
export { health, type User } from "../../../contract/shopwire.ts"
export type { Minute, Stats } from "../../../contract/stats.ts"
export {
  abandoned,
  basket,
  baskets,
  day,
  days,
  digest,
  event,
  feed,
  orders,
  profile,
  stats,
  watchers,
} from "../../../contract/store.ts"
export type { Watcher } from "../../../contract/watcher.ts"
export { type Config, loadConfig } from "./config.ts"
export {
  type AuthState,
  Connection,
  type ConnectionOptions,
  type ConnectionState,
  type Follower,
} from "./connection.ts"
export { CopyCheck, type Differences } from "./copy-check.ts"
export { type Failure, failureOf, isRefused } from "./failure.ts"
export { FeedSearch } from "./feed-search.ts"
export { FeedWatch } from "./feed-watch.ts"
export {
  type AuthConfig,
  type Credentials,
  credentialsOf,
  renew,
  SignInError,
  type SignInErrorCode,
  signInByPassword,
} from "./firebase.ts"
export type { WebSocketLike } from "./gateway-socket.ts"
export { Observable } from "./observable.ts"
export { type Shelf, shelf } from "./shelf.ts"
export { type HistoryStep, readHistory } from "./shop-history.ts"
export { ShopScreen } from "./shop-screen.ts"
export { SignIn } from "./sign-in.ts"
export type { TimelineState } from "./timeline.ts"
export type { Watch, Watched } from "./watch.ts"
export type { CollectionContract, ModelContract, ValuesOf, WatchedOf } from "./watches.ts"
