import { MAX_DISPLAY_NAME } from "@shopwire/client"
import { useAuth } from "@shopwire/react"
import { createContext, type ReactNode, useContext, useMemo, useState } from "react"
import { loadedDialog } from "../parts/loaded-part.tsx"
import { type Kept, useLocal } from "../parts/local.ts"

const NameDialog = loadedDialog(() => import("./name-dialog.tsx").then((module) => module.NameDialog))

const keptName: Kept<string> = {
  name: "name",
  read: (found) => (typeof found === "string" ? found.slice(0, MAX_DISPLAY_NAME) : ""),
}

/** Calls `then` with the name that other screens show; asks for it first if it is not known. */
type AskName = (then: (name: string) => void) => void

const AskNameContext = createContext<AskName | undefined>(undefined)
const NameContext = createContext("")

/**
 * Lets the components in it work in somebody's name: that of the signed-in user, or one that is asked for once and kept in this browser.
 *
 * @param nameless the name to use instead of asking, where there is no keyboard
 */
export function StaffName({ nameless, children }: { nameless?: string | undefined; children: ReactNode }) {
  const auth = useAuth()
  const [ownName, setOwnName] = useLocal(keptName)
  const [waiting, setWaiting] = useState<{ readonly then: (name: string) => void }>()
  // The service itself knows the name of a signed-in user.
  const name = auth.kind === "signedIn" ? (auth.user.name ?? auth.user.user) : ownName || (nameless ?? "")
  const ask = useMemo((): AskName => (then) => (name === "" ? setWaiting({ then }) : then(name)), [name])
  return (
    <AskNameContext value={ask}>
      <NameContext value={name}>{children}</NameContext>
      {waiting !== undefined && (
        <NameDialog
          onClose={() => setWaiting(undefined)}
          onName={(given) => {
            setWaiting(undefined)
            setOwnName(given)
            waiting.then(given)
          }}
        />
      )}
    </AskNameContext>
  )
}

export function useStaffName(): AskName {
  const ask = useContext(AskNameContext)
  if (ask === undefined) throw new Error("useStaffName is used outside of a StaffName")
  return ask
}

/** The name that other screens show; empty while it is not known. */
export function useKnownName(): string {
  return useContext(NameContext)
}
