import { once } from "node:events"
import fc from "fast-check"
import { WebSocket } from "ws"
import { readMessage } from "../../edge/legacy/messages.ts"
import { until } from "../helpers/until.ts"
import { ANSWER_MS, type Door, defect } from "./door.ts"
import { asText, OWN_CUSTOMER_ID, OWN_RESUME_TOKEN, oddParams, oddText, oddValue, type Side, sides } from "./inputs.ts"

/** A frame for one side's session. */
export interface FrameInput {
  readonly side: 0 | 1
  readonly text: string
  readonly binary: boolean
}

const NAMES = [
  "startSession",
  "joinSession",
  "updateCart",
  "customerReadyToCheckout",
  "resumeSession",
  "leaveSession",
  "kick",
]
/** What the edge may refuse with; `legacy.unavailable` means that something has failed. */
const REFUSAL = /^(?:legacy\.(?:notJson|unknownEvent)|session\.\w+|system\.invalidParams)$/

function frame(side: 0 | 1): fc.Arbitrary<FrameInput> {
  const message = fc.record({
    event: fc.oneof({ weight: 15, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: oddValue }),
    payload: oddParams(sides[side]),
  })
  const text = fc.oneof(
    { weight: 12, arbitrary: message.map(asText) },
    { weight: 1, arbitrary: oddValue.map(asText) },
    { weight: 1, arbitrary: oddText },
  )
  const binary = fc.oneof({ weight: 30, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) })
  return fc.record({ side: fc.constant(side), text, binary })
}

/** A socket that says at once what is wrong with what it gets, and is opened again when it was closed. */
class Attacker {
  readonly #url: string
  #socket: WebSocket | undefined
  /** Refusals of the edge alone: their number can be told in advance. */
  #edgeRefusals = 0
  #own = { customerId: "", resumeToken: "" }
  #wrong: string | undefined
  #isOutage = false

  constructor(edgeUrl: string, { sessionId }: Side) {
    this.#url = `${edgeUrl.replace("http", "ws")}/${sessionId}`
  }

  async send(frames: readonly FrameInput[], duringOutage: boolean): Promise<string | undefined> {
    this.#isOutage = duringOutage
    const socket = await this.#open()
    const wanted =
      this.#edgeRefusals +
      1 +
      frames.filter(({ text, binary }) => binary || typeof readMessage(wellFormed(text)) === "string").length
    for (const { text, binary } of frames) {
      const { customerId, resumeToken } = this.#own
      const own = text.replaceAll(OWN_CUSTOMER_ID, customerId).replaceAll(OWN_RESUME_TOKEN, resumeToken)
      socket.send(binary ? Buffer.from(text) : wellFormed(own))
    }
    // Frames are answered one after the other: with the answer to this one, all are.
    socket.send('{"event":"thatIsAll"}')
    await until(
      "the answers on an old WebSocket",
      () => this.#edgeRefusals >= wanted || socket.readyState === WebSocket.CLOSED || this.#wrong !== undefined,
      ANSWER_MS,
    )
    return this.#wrong
  }

  async close(): Promise<void> {
    const socket = this.#socket
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return
    const closed = once(socket, "close")
    socket.close()
    await closed
  }

  async #open(): Promise<WebSocket> {
    if (this.#socket?.readyState === WebSocket.OPEN) return this.#socket
    const socket = new WebSocket(this.#url)
    socket.on("message", (data: Buffer) => this.#receive(data.toString()))
    await once(socket, "open")
    this.#edgeRefusals = 0
    this.#socket = socket
    return socket
  }

  #receive(text: string): void {
    const { event, payload } = JSON.parse(text)
    if (event !== "error") {
      if (payload.customerId !== undefined) this.#own = { ...this.#own, ...payload }
      if (!NAMES.includes(event) && event !== "multicartUpdate") this.#wrong = `it sent ${text.slice(0, 300)}`
      return
    }
    const isAway = this.#isOutage && payload.code === "legacy.unavailable"
    if (!REFUSAL.test(payload.code) && !isAway) this.#wrong = `it refused with ${text}`
    if (/^legacy\.(?:notJson|unknownEvent)$/.test(payload.code)) this.#edgeRefusals++
  }
}

/** As the bytes of a text frame can say it: half a character is none. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString()
}

export function legacyDoor(edgeUrl: string): Door<FrameInput> {
  const name = "old WebSocket"
  const attackers = sides.map((side) => new Attacker(edgeUrl, side))
  return {
    name,
    inputs: fc.oneof(frame(0), frame(1)),
    regressions: [],
    send: async (inputs, duringOutage) => {
      await Promise.all(
        attackers.map(async (attacker, side) => {
          const own = inputs.filter((input) => input.side === side)
          const wrong = own.length === 0 ? undefined : await attacker.send(own, duringOutage)
          if (wrong !== undefined) throw defect(name, own, wrong)
        }),
      )
    },
    close: async () => {
      for (const attacker of attackers) await attacker.close()
    },
  }
}
