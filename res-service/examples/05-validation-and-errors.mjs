// Validation and errors: what clients get to know when something is wrong, and what they do not.
//
// | rid               | type  | content              | calls                                             |
// | ----------------- | ----- | -------------------- | ------------------------------------------------- |
// | library.loan.ID   | model | { book, to, until }  | lend({ to, until }), giveBack(), audit()           |
//
// Things to try, each as curl -X POST http://127.0.0.1:8080/api/library/loan/1/...
// - lend -d '{"to":""}': system.invalidParams, with a path and a message for each problem.
// - lend -d '{"to":"Ann","until":"2030-01-01"}', twice: library.onLoan, a custom error with data.
// - audit: a bug in the service. The client only gets system.internalError, the details are in the log.
// - /api/library/loan/x: not a valid name, so 404, and no handler runs.
import { accessGranted, connectNats, model, ResError, Service } from "res-service"
import { z } from "zod"

const conn = await connectNats(process.env.NATS_URL ?? "nats://127.0.0.1:4222")

// Any logger with pino's call style will do. It never gets tokens or headers.
const ignore = () => {}
const logger = { error: console.error, warn: console.warn, info: ignore, debug: ignore, trace: ignore }

const Loan = z.object({ to: z.string().min(1), until: z.iso.date() })

/** @type {Map<string, z.infer<typeof Loan>>} */
const loans = new Map()

const loan = model("library.loan.$id", {
  owns: ({ id }) => /^\d+$/.test(id),
  timeoutMs: 5000, // after 1 s the gateway is told to wait, after 5 s the answer is system.timeout
  access: () => accessGranted,
  get: ({ parts }) => {
    const { to, until } = loans.get(parts.id) ?? { to: null, until: null }
    return { book: parts.id, to, until }
  },
  call: (method) => ({
    lend: method(Loan, (req, params) => {
      const lent = loans.get(req.parts.id)
      if (lent !== undefined) throw new ResError("library.onLoan", "The book is on loan", { until: lent.until })
      loans.set(req.parts.id, params)
      req.events.change(params)
    }),
    giveBack: method(z.undefined(), (req) => {
      if (loans.delete(req.parts.id)) req.events.change({ to: null, until: null })
    }),
    audit: method(z.unknown(), () => {
      throw new Error("cannot reach the archive at 10.0.0.7 as user root")
    }),
  }),
})

await new Service(conn, { logger }).add(loan).start()
console.log("serving library.loan")
