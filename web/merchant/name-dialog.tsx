import { MAX_DISPLAY_NAME } from "@shopwire/client"
import { type SubmitEvent, useId, useState } from "react"
import { Dialog } from "./dialog.tsx"

/** Asks once for the name that other screens show with claimed baskets. */
export function NameDialog({ onName, onClose }: { onName: (name: string) => void; onClose: () => void }) {
  const [name, setName] = useState("")
  const input = useId()
  const given = name.trim()
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    if (given !== "") onName(given)
  }
  return (
    <Dialog title="Who are you?" onClose={onClose}>
      <form onSubmit={submit}>
        <label htmlFor={input}>Your name, as the others see it</label>
        <div className="row">
          <input
            id={input}
            value={name}
            maxLength={MAX_DISPLAY_NAME}
            autoComplete="given-name"
            onChange={(event) => setName(event.target.value)}
          />
          <button type="submit" className="primary" disabled={given === ""}>
            That's me
          </button>
        </div>
        <p className="hint">It is kept in this browser.</p>
      </form>
    </Dialog>
  )
}
