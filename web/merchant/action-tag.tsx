import { Said } from "./said.tsx"

const tones: Readonly<Record<string, string>> = { ADD: "add", REMOVE: "remove", CHECKOUT: "checkout" }

/** What was done, as it was sent. */
export function ActionTag({ action }: { action: string }) {
  return (
    <span className={`action ${tones[action.toUpperCase()] ?? ""}`}>
      <Said text={action} />
    </span>
  )
}
