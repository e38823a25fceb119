import { CopyCheck, type Differences, type Digest, type Watched } from "@shopwire/client"
import { useEffect, useMemo } from "react"
import { useConnection } from "./connection-provider.tsx"
import { useObservable } from "./use-observable.ts"

/** For which sequence and time the service has told what is right, and how often copies of the page were not. */
export interface CheckedCopies {
  readonly digest: Watched<Digest>
  readonly differences: Differences
}

/**
 * Compares what the page has of a shop's feed and open baskets with the service's digest while the component is mounted. What differs is
 * fetched again.
 */
export function useDigest(shopId: string): CheckedCopies {
  const connection = useConnection()
  const check = useMemo(() => new CopyCheck(connection, shopId), [connection, shopId])
  useEffect(() => {
    check.start()
    return () => check.stop()
  }, [check])
  return { digest: useObservable(check.digest), differences: useObservable(check.differences) }
}
