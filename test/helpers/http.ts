/** An answer, read. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** The parsed body; undefined when it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into any answer
  readonly body: any
}

/** POSTs JSON, or a string or bytes as they are. */
export async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const raw = typeof body === "string" || body instanceof Uint8Array
  return await answer(
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: raw ? (body as string) : JSON.stringify(body),
    }),
  )
}

export async function get(url: string): Promise<Answer> {
  return await answer(fetch(url))
}

/** Reads a response to its end. */
export async function answer(response: Promise<Response>): Promise<Answer> {
  const { status, headers, ...rest } = await response.then(async (res) => ({
    status: res.status,
    headers: res.headers,
    text: await res.text(),
  }))
  let body: unknown
  try {
    body = JSON.parse(rest.text)
  } catch {
    body = undefined
  }
  return { status, headers, body }
}
