import { randomUUID } from "node:crypto"
import type { Producer } from "../../contract/producer.ts"
import { type Answer, post } from "./http.ts"

/** The headers of a producer's request. */
export function producerHeaders({ id, epoch, seq }: Producer): Record<string, string> {
  return { "producer-id": id, "producer-epoch": String(epoch), "producer-seq": String(seq) }
}

/** Publishes as one producer at one edge. */
export class TestProducer {
  readonly id = randomUUID()
  readonly edgeUrl: string
  readonly shopId: string

  constructor(edgeUrl: string, shopId: string) {
    this.edgeUrl = edgeUrl
    this.shopId = shopId
  }

  async send(seq: number, body: unknown, { epoch = 0, edgeUrl = this.edgeUrl, headers = {} } = {}): Promise<Answer> {
    const own = producerHeaders({ id: this.id, epoch, seq })
    return await post(`${edgeUrl}/publish/${this.shopId}`, body, { ...own, ...headers })
  }
}

/** What an answer tells a producer: status, header `X-Event-Seq`, whether it is a repetition, and what is missing. */
export function told({ status, headers, body }: Answer): unknown[] {
  const missing = headers.get("producer-missing")
  return [status, headers.get("producer-repeated") === "true", missing, body.missing ?? body.code ?? null]
}
