import { useCallback, useEffect, useState } from "react"
import { useConnection } from "../hooks/hooks.tsx"
import { shelf } from "../shelf.ts"
import type { AuthConfig } from "./config.ts"
import { renew, type Session } from "./identity.ts"
import { parsed } from "./local.ts"

/** In the tab's own storage, so closing the tab signs out. */
const STORED = "shopwire.session"
const tab = shelf(() => sessionStorage)

/** Renews a token this long before it expires, in ms, and repeats failed attempts until then. */
const RENEW_BEFORE_MS = 5 * 60_000
const RENEW_AGAIN_MS = 20_000

/** The user of this tab: signs in on the connection, and renews the token in time. */
export function useSession(auth: AuthConfig): [Session | undefined, (session: Session | undefined) => void] {
  const connection = useConnection()
  const [session, setSession] = useState(stored)

  useEffect(() => {
    if (session === undefined) return
    void connection.login(session.token)
    const { refreshToken, expiresAt } = session
    if (refreshToken === undefined || expiresAt === undefined) return
    const renewOnce = () => {
      renew(auth, refreshToken).then(keep, () => {
        if (Date.now() < expiresAt) timer = setTimeout(renewOnce, RENEW_AGAIN_MS)
      })
    }
    let current = true
    const keep = (next: Session) => {
      if (!current) return
      store(next)
      setSession(next)
    }
    let timer = setTimeout(renewOnce, Math.max(0, expiresAt - RENEW_BEFORE_MS - Date.now()))
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [session, auth, connection])

  const change = useCallback(
    (next: Session | undefined) => {
      store(next)
      setSession(next)
      if (next === undefined) void connection.logout()
    },
    [connection],
  )
  return [session, change]
}

function stored(): Session | undefined {
  const found = parsed(tab.getItem(STORED))
  if (typeof found !== "object" || found === null) return undefined
  const { token, refreshToken, expiresAt } = found as Partial<Record<keyof Session, unknown>>
  if (typeof token !== "string") return undefined
  return {
    token,
    ...(typeof refreshToken === "string" && { refreshToken }),
    ...(typeof expiresAt === "number" && { expiresAt }),
  }
}

function store(session: Session | undefined): void {
  if (session === undefined) tab.removeItem(STORED)
  else tab.setItem(STORED, JSON.stringify(session))
}
