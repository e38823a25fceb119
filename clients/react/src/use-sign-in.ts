import { type AuthConfig, type Credentials, SignIn } from "@shopwire/client"
import { useCallback, useEffect, useMemo } from "react"
import { useConnection } from "./connection-provider.tsx"
import { useObservable } from "./use-observable.ts"

/**
 * The user of this tab: signs in on the connection, and renews the token in time. Returns the credentials, and a function that changes
 * them; undefined signs out. Closing the tab signs out, too. `useAuth` tells whether the service accepts them.
 *
 * @param auth the same object each time: a new one signs in again
 */
export function useSignIn(auth: AuthConfig): [Credentials | undefined, (next: Credentials | undefined) => void] {
  const connection = useConnection()
  const signIn = useMemo(() => new SignIn(connection, auth), [connection, auth])
  useEffect(() => {
    signIn.start()
    return () => signIn.stop()
  }, [signIn])
  const change = useCallback((next: Credentials | undefined) => signIn.change(next), [signIn])
  return [useObservable(signIn.credentials), change]
}
