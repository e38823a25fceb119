import { Said } from "../parts/said.tsx"

const tones: Readonly<Record<string, string>> = { ADD: "add", REMOVE: "remove", CHECKOUT: "checkout" }

/** The action, as it was sent. */
export function ActionTag({ action }: { action: string }) {
  return (
    <span className={`action ${tones[action.toUpperCase()] ?? ""}`}>
      <Said text={action} />
    </span>
  )
}
