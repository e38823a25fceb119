import { shownText } from "../../shown-text.ts"

/** A stranger's text, isolated from the text around it. */
export function Said({ text }: { text: string }) {
  return <bdi>{shownText(text)}</bdi>
}
