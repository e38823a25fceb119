/** The used part of a `WebSocket`: the browser's, Node's own (from 22), or that of the package `ws`. */
export interface WebSocketLike {
  readonly readyState: number
  send(text: string): void
  close(): void
  addEventListener(type: "open" | "close" | "error", listener: (event: unknown) => void): void
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void
}

const OPEN = 1

/** Runs a task in a later turn of the event loop; only Node has it. */
const setImmediate: ((task: () => void) => void) | undefined = Reflect.get(globalThis, "setImmediate")

type Handler = ((event: unknown) => void) | null

export interface GatewaySocketHandlers {
  /** Sees each message first. Returns true if resclient must not see it. */
  readonly takes: (data: string) => boolean
  /** Called before resclient's own handler. */
  readonly onClose: () => void
}

/**
 * A WebSocket as resclient uses it: a socket whose messages come one in a turn of the event loop. Browsers do this by themselves; in
 * Node several messages may come in one turn, and resclient would miss an event that follows its resource at once.
 */
export class GatewaySocket {
  onopen: Handler = null
  onerror: Handler = null
  onmessage: Handler = null
  onclose: Handler = null
  readonly #socket: WebSocketLike

  constructor(socket: WebSocketLike, { takes, onClose }: GatewaySocketHandlers) {
    this.#socket = socket
    const inTurn = setImmediate === undefined ? atOnce : eachInItsTurn(setImmediate)
    socket.addEventListener("open", (event) => inTurn(() => this.onopen?.(event)))
    socket.addEventListener("error", (event) => inTurn(() => this.onerror?.(event)))
    socket.addEventListener("message", (event) =>
      inTurn(() => {
        if (!takes(String(event.data))) this.onmessage?.(event)
      }),
    )
    socket.addEventListener("close", (event) =>
      inTurn(() => {
        onClose()
        this.onclose?.(event)
      }),
    )
  }

  get isOpen(): boolean {
    return this.#socket.readyState === OPEN
  }

  send(text: string): void {
    this.#socket.send(text)
  }

  close(): void {
    this.#socket.close()
  }
}

function atOnce(task: () => void): void {
  task()
}

/** Runs tasks in their order, each in a turn of its own. */
function eachInItsTurn(later: (task: () => void) => void): (task: () => void) => void {
  const waiting: (() => void)[] = []
  const next = (): void => {
    waiting.shift()?.()
    if (waiting.length > 0) later(next)
  }
  return (task) => {
    if (waiting.push(task) === 1) later(next)
  }
}
