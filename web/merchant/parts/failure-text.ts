import type { Failure } from "@shopwire/client"
import type { Texts } from "../locale/texts.ts"

/** What a person can do about a resource that can't be loaded. */
export function notLoadedText(t: Texts, { code }: Failure): string {
  return code === "system.notFound" ? t("failure.notFound") : t("failure.notLoaded")
}

/** What a person can do about a call that failed. */
export function notSavedText(t: Texts, { code }: Failure): string {
  switch (code) {
    case "system.accessDenied":
    case "auth.required":
    case "auth.invalidToken":
      return t("failure.noAccess")
    case "system.tooManyRequests":
      return t("failure.tooMany")
    default:
      return t("failure.notSaved")
  }
}
