import { type AuthConfig, type Credentials, credentialsOf, signInByPassword } from "@shopwire/client"
import { useAuth } from "@shopwire/react"
import { type SubmitEvent, useId, useState } from "react"
import { Dialog } from "./dialog.tsx"

/** Signs in by e-mail and password if Firebase is set up, or by a token. */
export function SignInDialog({
  config,
  onCredentials,
  onClose,
}: {
  config: AuthConfig
  onCredentials: (credentials: Credentials) => void
  onClose: () => void
}) {
  const auth = useAuth()
  const byPassword = config.kind === "firebase" && config.api_key !== undefined
  return (
    <Dialog title="Sign in" onClose={onClose}>
      {auth.kind === "refused" && (
        <p className="wrong" role="alert">
          The sign-in was refused: {auth.failure.message}
        </p>
      )}
      {byPassword && <ByPassword config={config} onCredentials={onCredentials} />}
      {byPassword ? (
        <details>
          <summary>Use a token instead</summary>
          <ByToken onCredentials={onCredentials} />
        </details>
      ) : (
        <ByToken onCredentials={onCredentials} />
      )}
      <p className="hint">You are signed out when you close this tab.</p>
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
      setComplaint(error instanceof Error ? error.message : String(error))
    }
    setPending(false)
  }
  return (
    <form onSubmit={submit} className="stack">
      <label htmlFor={first}>E-mail</label>
      <input
        id={first}
        type="email"
        autoComplete="username"
        required
        value={email}
        onChange={({ target }) => setEmail(target.value)}
      />
      <label htmlFor={second}>Password</label>
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
        {pending ? "Signing in …" : "Sign in"}
      </button>
    </form>
  )
}

function ByToken({ onCredentials }: { onCredentials: (credentials: Credentials) => void }) {
  const [token, setToken] = useState("")
  const input = useId()
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (token.trim() !== "") onCredentials(credentialsOf(token.trim()))
  }
  return (
    <form onSubmit={submit} className="stack">
      <label htmlFor={input}>Token</label>
      <textarea
        id={input}
        rows={4}
        spellCheck={false}
        autoComplete="off"
        value={token}
        onChange={({ target }) => setToken(target.value)}
      />
      <button type="submit" className="primary" disabled={token.trim() === ""}>
        Use the token
      </button>
    </form>
  )
}
