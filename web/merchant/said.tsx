import { shownText } from "../shown-text.ts"

/** A text that somebody has sent, isolated from what stands around it. */
export function Said({ text }: { text: string }) {
  return <bdi>{shownText(text)}</bdi>
}
