/** An event of a stream of Server-Sent Events, or a new ID without an event. */
export interface StreamEvent {
  /** The ID with which to go on after it; "" at first. */
  readonly id: string
  /** "" if there is only an ID. */
  readonly name: string
  readonly data: string
}

/**
 * Reads a stream of Server-Sent Events with `\n` as its line ends, as the edge writes it. Ends with the stream.
 *
 * Source: WHATWG HTML, "Parsing an event stream".
 *
 * @param onBytes called for each piece that comes, also for comments
 */
export async function* streamEvents(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void,
): AsyncGenerator<StreamEvent> {
  let [id, name, data]: [string, string, string[]] = ["", "", []]
  let rest = ""
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    onBytes()
    const lines = (rest + piece).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) {
      const [, field, value = ""] = /^(\w+)(?:: ?(.*))?$/.exec(line) ?? []
      if (field === "id") id = value
      else if (field === "event") name = value
      else if (field === "data") data.push(value)
      if (line !== "") continue
      yield { id, name, data: data.join("\n") }
      ;[name, data] = ["", []]
    }
  }
}
