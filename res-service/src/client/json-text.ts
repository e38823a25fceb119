/**
 * Params that are JSON text already. They are sent as they are, so a program that has received them as text need not parse and write
 * them again.
 *
 * The text must be exactly one JSON value: it becomes a part of the request, and nothing checks it again.
 *
 * @example
 * JSON.parse(text) // throws if it is not JSON
 * await client.call("library.book.42", "lend", new JsonText(text))
 */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}
