import type { AuthState, Connection, ConnectionState } from "@shopwire/client"
import { createContext, type ReactNode, useContext, useEffect } from "react"
import { useObservable } from "./use-observable.ts"

const ConnectionContext = createContext<Connection | undefined>(undefined)

/** Provides the connection for the hooks below it, and keeps it connected while it is mounted. */
export function ConnectionProvider({ connection, children }: { connection: Connection; children: ReactNode }) {
  useEffect(() => {
    connection.start()
    return () => connection.stop()
  }, [connection])
  return <ConnectionContext.Provider value={connection}>{children}</ConnectionContext.Provider>
}

/** The connection of the surrounding provider. Throws if there is none. */
export function useConnection(): Connection {
  const connection = useContext(ConnectionContext)
  if (connection === undefined) throw new Error("there is no ConnectionProvider around")
  return connection
}

export function useConnectionState(): ConnectionState {
  return useObservable(useConnection().state)
}

/** Who is signed in. */
export function useAuth(): AuthState {
  return useObservable(useConnection().auth)
}
