export { ConnectionProvider, useAuth, useConnection, useConnectionState } from "./connection-provider.tsx"
export { type Call, useCall } from "./use-call.ts"
export { type CheckedCopies, useDigest } from "./use-digest.ts"
export { type Feed, type Search, useFeed, useSearch } from "./use-feed.ts"
export { useObservable } from "./use-observable.ts"
export {
  type Shown,
  useAbandoned,
  useBasket,
  useBaskets,
  useCollection,
  useDay,
  useDays,
  useMembers,
  useModel,
  useOrders,
  useProfile,
  useSessionStatus,
  useStats,
  type WatchOptions,
} from "./use-resource.ts"
export { type SessionOptions, type SharedSession, useSession } from "./use-session.ts"
export { useSignIn } from "./use-sign-in.ts"
export { useWatchers } from "./use-watchers.ts"
