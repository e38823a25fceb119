import type { AuthConfig } from "@shopwire/client"
import { useAuth, useSignIn } from "@shopwire/react"
import { useState } from "react"
import { useTranslation } from "react-i18next"
import { Icon } from "../parts/icon.tsx"
import { loadedDialog } from "../parts/loaded-part.tsx"
import { Said } from "../parts/said.tsx"

const SignInDialog = loadedDialog(() => import("./sign-in-dialog.tsx").then((module) => module.SignInDialog))

/** Shows who is signed in, and signs in and out, if the product needs a sign-in. */
export function Account({ config }: { config: AuthConfig }) {
  const [credentials, setCredentials] = useSignIn(config)
  const auth = useAuth()
  const { t } = useTranslation()
  const [dismissed, setDismissed] = useState(false)
  const asks = (credentials === undefined || auth.kind === "refused") && !dismissed
  return (
    <>
      {auth.kind === "signedIn" ? (
        <button
          type="button"
          onClick={() => {
            setCredentials(undefined)
            setDismissed(true)
          }}
        >
          <Icon name="person" />
          <span className="label">
            <Said text={auth.user.name ?? auth.user.user} /> <span className="quiet">{t("account.signOut")}</span>
          </span>
        </button>
      ) : (
        <button type="button" onClick={() => setDismissed(false)}>
          <Icon name="person" />
          <span className="label">{t("account.signIn")}</span>
        </button>
      )}
      {asks && (
        <SignInDialog
          config={config}
          used={credentials}
          onCredentials={setCredentials}
          onClose={() => setDismissed(true)}
        />
      )}
    </>
  )
}
