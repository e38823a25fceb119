/**
 * Characters that a text of a stranger is shown without: controls, those that turn the order of letters (embeddings, overrides,
 * isolates), and those of no width, but for the joiners that scripts and emojis need.
 */
const UNSEEN = /[\p{Cc}\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff]/gu

/** Letters of scripts that run from right to left, and marks of direction: what can move the text around it. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\u200e\u200f\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/**
 * A stranger's text, fit for a screen. Put it into an element of its own with `unicode-bidi: isolate`, as `bdi` has it, so that
 * its direction leaves the text around it alone.
 */
export function shownText(text: string): string {
  return text.replace(UNSEEN, (character) => (/\s/.test(character) && character !== "\ufeff" ? " " : ""))
}

/** The same for a place in a sentence, where there can be no element: isolated by characters, where its direction matters. */
export function isolatedText(text: string): string {
  const shown = shownText(text)
  return RIGHT_TO_LEFT.test(shown) ? `\u2068${shown}\u2069` : shown
}
