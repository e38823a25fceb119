import { type Failure, isRefused } from "@shopwire/client"
import { useAuth } from "@shopwire/react"
import { useTranslation } from "react-i18next"
import { Empty } from "./empty.tsx"
import { notLoadedText } from "./failure-text.ts"

/** Shown instead of a resource that can't be loaded, with the reason. */
export function Absent({ failure }: { failure: Failure }) {
  const auth = useAuth()
  const { t } = useTranslation()
  if (isRefused(failure)) {
    return <Empty icon="person">{t(auth.kind === "signedIn" ? "failure.noAccess" : "failure.signIn")}</Empty>
  }
  return <Empty icon="warning">{notLoadedText(t, failure)}</Empty>
}
