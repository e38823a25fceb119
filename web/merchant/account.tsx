import { useState } from "react"
import { useAuth } from "../hooks/hooks.tsx"
import type { AuthConfig } from "./config.ts"
import { Icon } from "./icon.tsx"
import { Said } from "./said.tsx"
import { SignInDialog } from "./sign-in-dialog.tsx"
import { useSession } from "./use-session.ts"

/** Shows who is signed in, and signs in and out, if the product needs a sign-in. */
export function Account({ config }: { config: AuthConfig }) {
  const [session, setSession] = useSession(config)
  const auth = useAuth()
  const [dismissed, setDismissed] = useState(false)
  const asks = (session === undefined || auth.kind === "refused") && !dismissed
  return (
    <>
      {auth.kind === "signedIn" ? (
        <button
          type="button"
          onClick={() => {
            setSession(undefined)
            setDismissed(true)
          }}
        >
          <Icon name="person" />
          <span className="label">
            <Said text={auth.user.name ?? auth.user.user} /> <span className="quiet">Sign out</span>
          </span>
        </button>
      ) : (
        <button type="button" onClick={() => setDismissed(false)}>
          <Icon name="person" />
          <span className="label">Sign in</span>
        </button>
      )}
      {asks && (
        <SignInDialog config={config} onSession={(next) => setSession(next)} onClose={() => setDismissed(true)} />
      )}
    </>
  )
}
