import type { Texts } from "../locale/texts.ts"

/** Actions with a name in the page's language. */
export const namedActions = ["ADD", "REMOVE", "CHECKOUT"] as const

/** What people call an action: `Added` for `ADD`, in any case. An action that the page does not know keeps the name that was sent. */
export function actionName(t: Texts, action: string): string {
  const known = namedActions.find((name) => name === action.toUpperCase())
  return known === undefined ? action : t(`feed.actionName.${known}`)
}

/** The action that people call so in the page's language; any other text is the name that apps send. */
export function actionCalled(t: Texts, text: string): string {
  const called = text.trim().toLowerCase()
  return namedActions.find((name) => actionName(t, name).toLowerCase() === called) ?? text
}
