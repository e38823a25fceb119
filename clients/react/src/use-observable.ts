import { useSyncExternalStore } from "react"

/** A value that tells when it changes: an `Observable` or a `Watch` of `@shopwire/client`. */
export interface ObservableLike<T> {
  readonly get: () => T
  readonly subscribe: (listener: () => void) => () => void
}

/** The present value; draws again when it changes. On a server: the first one. */
export function useObservable<T>({ get, subscribe }: ObservableLike<T>): T {
  return useSyncExternalStore(subscribe, get, get)
}
