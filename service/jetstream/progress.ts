import { setTimeout as sleep } from "node:timers/promises"
import type { StreamInfo } from "@nats-io/jetstream"
import { ResError } from "res-service"

/** How often, and how long in between in ms, a server that is behind is asked again. */
const ATTEMPTS = 40
const PAUSE_MS = 50

/**
 * How far replicated streams have come, as far as this process knows. A server that stood still or was cut off takes itself for the leader
 * of its streams for some seconds afterwards, and answers with what it had before. A new leader may not have applied everything yet.
 * So whoever answers must have what is known here.
 */
export class StreamProgress {
  readonly #ask: (stream: string) => Promise<StreamInfo>
  /** The last known sequence of each stream. */
  readonly #known = new Map<string, number>()

  /** @param ask asks the stream's leader, or who takes itself for it */
  constructor(ask: (stream: string) => Promise<StreamInfo>) {
    this.#ask = ask
  }

  /** A message with this sequence is stored. */
  note(stream: string, seq: number): void {
    if (seq > (this.#known.get(stream) ?? 0)) this.#known.set(stream, seq)
  }

  /** The stream is another one, or has lost messages. */
  forget(stream: string): void {
    this.#known.delete(stream)
  }

  /** @throws {ResError} `system.serviceUnavailable`: whoever answers is behind */
  async info(stream: string): Promise<StreamInfo> {
    for (let attempt = 1; ; attempt++) {
      const info = await this.#ask(stream)
      if (info.state.last_seq >= (this.#known.get(stream) ?? 0)) {
        this.note(stream, info.state.last_seq)
        return info
      }
      await pauseAfter(attempt)
    }
  }

  /**
   * Reads, again until the one that answers has what was known before. Throws as `info`.
   *
   * It reads twice, and takes what is stored later: while two servers take themselves for the leader, the one that has read may be
   * another one than the one that said how far it is, because each request is answered by whoever is quicker.
   *
   * @param seqOf the sequence of what was read
   */
  async read<T>(
    stream: string,
    read: () => Promise<T | undefined>,
    seqOf: (found: T) => number,
  ): Promise<T | undefined> {
    const first = await this.#readOnce(stream, read)
    const second = await this.#readOnce(stream, read)
    if (first === undefined || second === undefined) return first ?? second
    return seqOf(first) > seqOf(second) ? first : second
  }

  async #readOnce<T>(stream: string, read: () => Promise<T>): Promise<T> {
    const known = this.#known.get(stream) ?? 0
    for (let attempt = 1; ; attempt++) {
      // Both at once, as that takes half the time: who answers one first mostly answers the other first, too.
      const [result, { state }] = await Promise.all([read(), this.#ask(stream)])
      if (state.last_seq >= known) return result
      await pauseAfter(attempt)
    }
  }
}

async function pauseAfter(attempt: number): Promise<void> {
  if (attempt === ATTEMPTS) throw new ResError("system.serviceUnavailable", "JetStream answers with an old state")
  await sleep(PAUSE_MS)
}
