/**
 * Characters that are removed from strangers' texts: controls, characters that change the order of letters (embeddings,
 * overrides, isolates), and zero-width characters except the joiners that scripts and emojis need.
 */
const UNSEEN = /[\p{Cc}\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff]/gu

/** Letters of scripts that run from right to left, and marks of direction: what can move the text around it. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\u200e\u200f\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/**
 * A stranger's text, safe to show. Put it into its own element with `unicode-bidi: isolate`, such as `bdi`, so that its direction
 * does not affect the text around it.
 */
export function shownText(text: string): string {
  return text.replace(UNSEEN, (character) => (/\s/.test(character) && character !== "\ufeff" ? " " : ""))
}

/** The same for use within a sentence, where no element can be: isolated by characters if its direction matters. */
export function isolatedText(text: string): string {
  const shown = shownText(text)
  return RIGHT_TO_LEFT.test(shown) ? `\u2068${shown}\u2069` : shown
}
