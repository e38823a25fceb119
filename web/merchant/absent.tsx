import { type Failure, isRefused } from "@shopwire/client"
import { useAuth } from "@shopwire/react"
import { Empty } from "./empty.tsx"

/** Shown instead of a resource that can't be loaded, with the reason. */
export function Absent({ failure }: { failure: Failure }) {
  const auth = useAuth()
  if (isRefused(failure)) {
    return <Empty icon="person">{auth.kind === "signedIn" ? "You may not see this." : "Sign in to see this."}</Empty>
  }
  return <Empty icon="warning">{failure.code === "system.notFound" ? "There is nothing here." : failure.message}</Empty>
}
