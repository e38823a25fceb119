import { expect } from "chai"
import { model, ResError, type ServiceObserver } from "res-service"
import { Client } from "res-service/client"
import { MemoryBroker, ServiceKit } from "res-service/testing"

const book = model("library.book.$id", {
  access: () => ({ get: true }),
  get: ({ parts: { id } }) => (id === "42" ? { title: "Emma" } : undefined),
  call: {
    lend: { handle: ({ natsHeader }) => natsHeader("traceparent") },
    lose: {
      handle: () => {
        throw new ResError("library.lost", "The book is lost")
      },
    },
    endless: { handle: () => 1n },
  },
})

/** Notes each request and its end, as one line. */
function recorder(headers?: Record<string, string>): { readonly lines: string[]; readonly observer: ServiceObserver } {
  const lines: string[] = []
  const observer: ServiceObserver = {
    onRequest: ({ type, name, pattern, method, natsHeader }) => {
      const asked = `${type} ${name} (${pattern}, ${method}, ${natsHeader("traceparent")})`
      return { headers, end: (code) => lines.push(`${asked}: ${code ?? "ok"}`) }
    },
  }
  return { lines, observer }
}

describe("A service's observer", () => {
  it("is told each request, by its pattern and declared method, and how it was answered", async () => {
    const { lines, observer } = recorder()
    const kit = await ServiceKit.start([book], { observer })
    await kit.get("library.book.42")
    await kit.get("library.book.43")
    await kit.access("library.book.42")
    for (const method of ["lend", "lose", "endless", "made-up"]) await kit.call("library.book.42", method)
    await kit.get("library.shelf")
    await kit.stop()
    const of = (method: string): string => `(library.book.$id, ${method}, undefined)`
    expect(lines).to.deep.equal([
      `get library.book.42 ${of("undefined")}: ok`,
      `get library.book.43 ${of("undefined")}: system.notFound`,
      `access library.book.42 ${of("undefined")}: ok`,
      `call library.book.42 ${of("lend")}: ok`,
      `call library.book.42 ${of("lose")}: library.lost`,
      `call library.book.42 ${of("endless")}: system.internalError`,
      `call library.book.42 ${of("undefined")}: system.methodNotFound`,
      "get library.shelf (undefined, undefined, undefined): system.notFound",
    ])
  })

  it("sees the NATS headers that a client sends, and may put others in their place for the handler", async () => {
    for (const own of [undefined, { traceparent: "of the service" }]) {
      const broker = new MemoryBroker()
      const { lines, observer } = recorder(own)
      const kit = await ServiceKit.start([book], { observer, connect: () => broker.connect() })
      const client = new Client(broker.connect())
      const headers = { traceparent: "of the client" }
      const seen = await client.call("library.book.42", "lend", undefined, { headers })
      expect(seen).to.equal(own?.traceparent ?? "of the client")
      expect(lines).to.deep.equal(["call library.book.42 (library.book.$id, lend, of the client): ok"])
      client.close()
      await kit.stop()
    }
  })
})
