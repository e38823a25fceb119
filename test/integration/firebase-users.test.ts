import { expect } from "chai"
import { connect, type NatsConnection } from "nats"
import { silentLogger } from "res-service"
import { TokenError } from "../../contract/claims.ts"
import { askIssuer } from "../../service/auth/auth.ts"
import { firebaseVerifier } from "../../service/auth/firebase-verifier.ts"
import { Logins } from "../../service/auth/logins.ts"
import type { TokenVerifier } from "../../service/auth/token-verifier.ts"
import { JetStream } from "../../service/jetstream/jetstream.ts"
import { type FirebaseUser, Google } from "../helpers/google.ts"
import { inSeconds } from "../helpers/issuer.ts"
import { startNats, type TestNats } from "../helpers/nats.ts"
import { skip } from "../helpers/skip.ts"

const [shop, other] = ["123e4567-e89b-42d3-a456-426614174000", "223e4567-e89b-42d3-a456-426614174000"]

describe("Firebase's users, with AUTH_CHECK_REVOKED", () => {
  let google: Google
  let verifier: TokenVerifier
  let nats: TestNats
  let nc: NatsConnection
  let logins: Logins
  let changed: string[] = []

  before(async function () {
    google = (await Google.start()) ?? skip(this, "openssl, which makes the certificates, is missing")
    const { projectId, httpAgent, credential } = google
    verifier = firebaseVerifier({ projectId, checkRevoked: true, httpAgent, credential })
    nats = await startNats()
    nc = await connect({ servers: nats.url })
    logins = new Logins(new JetStream(nc), {
      maxTokenDays: 30,
      logger: silentLogger,
      onChanged: (tids) => changed.push(...tids),
      onRevoked: () => {},
      expires: () => true,
    })
    await logins.start()
  })

  beforeEach(() => {
    changed = []
  })

  after(async () => {
    await logins?.stop()
    await nc?.close()
    await nats?.stop()
    await google?.stop()
  })

  const grants = (shops: string[]): string => JSON.stringify({ role: "merchant", shops })

  /** A user who is logged in since five seconds, as Firebase has it. */
  async function loggedIn(name: string): Promise<{ user: FirebaseUser; tid: string; jwt: string }> {
    const user: FirebaseUser = {
      localId: name,
      validSince: `${inSeconds(-60)}`,
      customAttributes: grants([shop, other]),
    }
    google.users.set(name, user)
    const since = inSeconds(-5)
    const jwt = await google.token({
      sub: name,
      iat: since,
      auth_time: since,
      role: "merchant",
      shops: [shop, other],
    })
    return { user, jwt, tid: await logins.begin(await verifier.verify(jwt)) }
  }

  const ask = () => askIssuer(verifier, logins, silentLogger)
  const refusal = (jwt: string) =>
    verifier.verify(jwt).then(
      () => undefined,
      (error: unknown) => (error instanceof TokenError ? error.message : error),
    )

  it("change nothing while nothing has changed", async () => {
    const { tid, jwt } = await loggedIn("ann")
    await ask()
    expect(changed).to.deep.equal([])
    expect(logins.get(tid)?.shops).to.deep.equal([shop, other])
    expect(await refusal(jwt)).to.equal(undefined)
  })

  it("lose their logins and tokens when their tokens are revoked, or they are disabled, or deleted", async () => {
    const people = [await loggedIn("bob"), await loggedIn("carl"), await loggedIn("dora")] as const
    people[0].user.validSince = `${inSeconds(-1)}`
    people[1].user.disabled = true
    google.users.delete("dora")
    await ask()
    expect(changed).to.have.members(people.map(({ tid }) => tid))
    for (const { tid, jwt } of people) {
      expect(logins.get(tid)).to.equal(undefined)
      expect(await refusal(jwt)).to.equal("it was revoked")
    }
  })

  it("keep their logins, with fewer shops, when a claim was taken", async () => {
    const { user, tid } = await loggedIn("eve")
    user.customAttributes = grants([other])
    await ask()
    expect(changed).to.deep.equal([tid])
    expect(logins.get(tid)).to.deep.include({ shops: [other], role: "merchant", user: "eve" })
  })

  it("stay as they are while Firebase cannot be asked", async () => {
    const { tid } = await loggedIn("fay")
    await google.stop()
    changed = []
    await ask()
    expect(changed).to.deep.equal([])
    expect(logins.get(tid)?.shops).to.deep.equal([shop, other])
  })
})
