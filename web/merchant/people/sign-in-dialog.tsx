import { type AuthConfig, type Credentials, credentialsOf, SignInError, signInByPassword } from "@shopwire/client"
import { useAuth } from "@shopwire/react"
import { type SubmitEvent, useId, useState } from "react"
import { useTranslation } from "react-i18next"
import { Dialog } from "../parts/dialog.tsx"

/** Signs in by e-mail and password if Firebase is set up, or by a token. */
export function SignInDialog({
  config,
  used,
  onCredentials,
  onClose,
}: {
  config: AuthConfig
  /** The last credentials, which may be refused. */
  used: Credentials | undefined
  onCredentials: (credentials: Credentials) => void
  onClose: () => void
}) {
  const auth = useAuth()
  const { t } = useTranslation()
  const expired = used?.expiresAt !== undefined && used.expiresAt <= Date.now()
  const byPassword = config.kind === "firebase" && config.api_key !== undefined
  return (
    <Dialog title={t("account.signIn")} onClose={onClose}>
      {auth.kind === "refused" && (
        <p className="wrong" role="alert">
          {t(expired ? "account.expired" : "account.invalid")}
        </p>
      )}
      {byPassword && <ByPassword config={config} onCredentials={onCredentials} />}
      {byPassword ? (
        <details>
          <summary>{t("account.useCodeInstead")}</summary>
          <ByToken onCredentials={onCredentials} />
        </details>
      ) : (
        <ByToken onCredentials={onCredentials} />
      )}
      <p className="hint">{t("account.untilClosed")}</p>
    </Dialog>
  )
}

function ByPassword({
  config,
  onCredentials,
}: {
  config: AuthConfig
  onCredentials: (credentials: Credentials) => void
}) {
  const { t } = useTranslation()
  const [email, setEmail] = useState("")
  const [password, setPassword] = useState("")
  const [pending, setPending] = useState(false)
  const [complaint, setComplaint] = useState("")
  const [first, second] = [useId(), useId()]
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    setPending(true)
    setComplaint("")
    try {
      onCredentials(await signInByPassword(config, email, password))
    } catch (error) {
      setComplaint(t(`account.${error instanceof SignInError ? error.code : "failed"}`))
    }
    setPending(false)
  }
  return (
    <form onSubmit={submit} className="stack">
      <label htmlFor={first}>{t("account.email")}</label>
      <input
        id={first}
        type="email"
        autoComplete="username"
        required
        value={email}
        onChange={({ target }) => setEmail(target.value)}
      />
      <label htmlFor={second}>{t("account.password")}</label>
      <input
        id={second}
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={({ target }) => setPassword(target.value)}
      />
      {complaint !== "" && (
        <p className="wrong" role="alert">
          {complaint}
        </p>
      )}
      <button type="submit" className="primary" disabled={pending}>
        {t(pending ? "account.signingIn" : "account.signIn")}
      </button>
    </form>
  )
}

function ByToken({ onCredentials }: { onCredentials: (credentials: Credentials) => void }) {
  const { t } = useTranslation()
  const [token, setToken] = useState("")
  const input = useId()
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (token.trim() !== "") onCredentials(credentialsOf(token.trim()))
  }
  return (
    <form onSubmit={submit} className="stack">
      <label htmlFor={input}>{t("account.code")}</label>
      <textarea
        id={input}
        rows={4}
        spellCheck={false}
        autoComplete="off"
        value={token}
        onChange={({ target }) => setToken(target.value)}
      />
      <button type="submit" className="primary" disabled={token.trim() === ""}>
        {t("account.useCode")}
      </button>
    </form>
  )
}
