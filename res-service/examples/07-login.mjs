// Login: tokens, and access that depends on them. A token belongs to a connection, and only services see it.
//
// | rid             | type  | content          | access                     | auth                         | calls          |
// | --------------- | ----- | ---------------- | -------------------------- | ---------------------------- | -------------- |
// | library.gate    |       |                  |                            | login({ name, password }), renew(), logout() | |
// | library.desk    | model | { open }         | get: with a token · call: as the librarian | | set({ open }), dismiss({ name }) |
//
// Things to try, in a browser or Node with resclient
// - await client.get("library.desk"): system.accessDenied.
// - await client.authenticate("library.gate", "login", { name: "Ann", password: "books" }), and get it again.
// - As librarian, await client.call("library.desk", "dismiss", { name: "Ann" }): Ann's connections lose their token, and
//   their subscriptions.
import { accessDenied, accessGranted, connectNats, model, ResError, Service } from "res-service"
import { z } from "zod"

const conn = await connectNats(process.env.NATS_URL ?? "nats://127.0.0.1:4222")

const users = new Map([
  ["Ann", { password: "books", role: "reader" }],
  ["Eve", { password: "more books", role: "librarian" }],
])

const Token = z.object({ name: z.string(), role: z.enum(["reader", "librarian"]) })
let open = true

const gate = model("library.gate", {
  auth: (method) => ({
    login: method(z.object({ name: z.string(), password: z.string() }), (req, { name, password }) => {
      const user = users.get(name)
      if (user?.password !== password) throw new ResError("library.wrongPassword", "Name or password is wrong")
      // The name is also the token's ID, which finds all connections of a user.
      req.setToken({ name, role: user.role }, name)
    }),
    logout: method(z.unknown(), (req) => req.setToken(null)),
    // Gateways call it after `tokenReset`, for each connection with such a token.
    renew: method(z.unknown(), (req) => {
      const { name } = Token.parse(req.token)
      const user = users.get(name)
      req.setToken(user ? { name, role: user.role } : null, user && name)
    }),
  }),
})

const desk = model("library.desk", {
  access: (req) => {
    const token = Token.safeParse(req.token)
    if (!token.success) return accessDenied
    return token.data.role === "librarian" ? accessGranted : { get: true }
  },
  get: () => ({ open }),
  call: (method) => ({
    set: method(z.object({ open: z.boolean() }), (req, params) => {
      assertLibrarian(req.token)
      open = params.open
      req.events.change({ open })
    }),
    dismiss: method(z.object({ name: z.string() }), (req, { name }) => {
      assertLibrarian(req.token)
      users.delete(name)
      service.tokenReset([name], "auth.library.gate.renew")
    }),
  }),
})

/** Gateways send an access request before a call; programs on NATS do not. @param {unknown} token */
function assertLibrarian(token) {
  if (Token.safeParse(token).data?.role !== "librarian") throw new ResError("system.accessDenied")
}

const service = new Service(conn).add(gate, desk)
await service.start()
console.log("serving library.desk")
