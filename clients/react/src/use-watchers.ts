import { ShopScreen, type Watcher } from "@shopwire/client"
import { useEffect, useMemo } from "react"
import { useConnection } from "./connection-provider.tsx"
import { useObservable } from "./use-observable.ts"

/**
 * Shows others that somebody looks at a shop here while the component is mounted, and gives the other screens.
 *
 * @param name of the person at this screen; of a signed-in person the service knows it
 */
export function useWatchers(shopId: string, name?: string): readonly Watcher[] {
  const connection = useConnection()
  const screen = useMemo(() => new ShopScreen(connection, shopId, name), [connection, shopId, name])
  useEffect(() => {
    screen.start()
    return () => screen.stop()
  }, [screen])
  return useObservable(screen.others)
}
