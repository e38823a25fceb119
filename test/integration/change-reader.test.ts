import { expect } from "chai"
import { type Document, MongoClient } from "mongodb"
import { ChangeReader } from "../../service/archive/change-reader.ts"
import { mongoVia } from "../helpers/archive.ts"
import { startRefusingMongo } from "../helpers/mongo/refusing-mongo.ts"
import { startTcpProxy } from "../helpers/tcp-proxy.ts"
import { until } from "../helpers/until.ts"
import { useInEachTest } from "../helpers/use.ts"
import { useMongo } from "../helpers/use-archive.ts"

describe("ChangeReader", () => {
  const { mongo } = useMongo()
  /** Its answers can be held back. */
  const proxy = useInEachTest(() => startTcpProxy(mongo))
  const refusing = useInEachTest(() => startRefusingMongo({ host: "127.0.0.1", port: proxy.port }))
  const connected = useInEachTest(async () => {
    const client = new MongoClient(mongoVia(mongo.url, refusing.port))
    return { client, stop: () => client.close() }
  })

  const openReader = async (): Promise<ChangeReader> => {
    const options = { timeoutMs: 60_000, signal: new AbortController().signal }
    const reader = new ChangeReader(connected.client.db().collection("events"), [], options)
    expect(await reader.next()).to.equal(null)
    return reader
  }
  const outcome = (next: Promise<unknown>): Promise<unknown> =>
    next.then(
      (change) => ({ change }),
      (error: unknown) => error,
    )

  it("rejects when it is closed while an answer of the server is on its way", async () => {
    const reader = await openReader()
    let isAsked = false
    refusing.refuse((command) => {
      isAsked ||= command.getMore !== undefined
      return undefined
    })
    proxy.stallAnswers()
    const next = outcome(reader.next())
    await until("the server to be asked", () => isAsked)
    const closed = reader.close()
    proxy.heal()
    await closed
    expect(await next).to.be.an("error")
    expect(await outcome(reader.next())).to.be.an("error")
  })

  it("rejects when the server has ended the stream", async () => {
    const reader = await openReader()
    refusing.refuse(({ getMore, collection, $db }: Document) => {
      return getMore && { ok: 1, cursor: { id: 0n, ns: `${$db}.${collection}`, nextBatch: [] } }
    })
    expect(await outcome(reader.next())).to.be.an("error")
    await reader.close()
  })
})
