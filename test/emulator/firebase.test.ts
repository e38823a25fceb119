import { expect } from "chai"
import { initializeApp } from "firebase-admin/app"
import { getAuth } from "firebase-admin/auth"
import { TokenError } from "../../contract/claims.ts"
import { firebaseVerifier } from "../../service/auth/firebase-verifier.ts"
import { skip } from "../helpers/skip.ts"

const projectId = "demo-shopwire"
const shop = "123e4567-e89b-42d3-a456-426614174000"

// Its tokens have no signature, so that this says nothing about signatures: test/integration/token-verifiers.test.ts does.
describe("Firebase's emulator", () => {
  const emulator = process.env.FIREBASE_AUTH_EMULATOR_HOST

  before(function () {
    if (!emulator) {
      skip(this, "FIREBASE_AUTH_EMULATOR_HOST is not set; CONTRIBUTING.md says how to run this in the emulator")
    }
  })

  /** Signs a new user up, gives it claims, and resolves to its ID token with them. */
  async function signedUp(claims: object): Promise<{ uid: string; jwt: string }> {
    const { uid } = await admin().createUser({ email: `${crypto.randomUUID()}@shop.example`, password: "secret1" })
    await admin().setCustomUserClaims(uid, claims)
    const custom = await admin().createCustomToken(uid)
    const response = await fetch(
      `http://${emulator}/identitytoolkit.googleapis.com/v1/accounts:signInWithCustomToken?key=any`,
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ token: custom, returnSecureToken: true }),
      },
    )
    const { idToken } = (await response.json()) as { idToken: string }
    return { uid, jwt: idToken }
  }

  const admin = () => getAuth(app)
  const app = initializeApp({ projectId }, "emulator-tests")
  const credential = { getAccessToken: async () => ({ access_token: "owner", expires_in: 3600 }) }
  const verifier = firebaseVerifier({ projectId, checkRevoked: true, credential })

  it("gives tokens whose claims are read, and users whose state is known", async () => {
    const { uid, jwt } = await signedUp({ role: "merchant", shops: [shop] })
    expect(await verifier.verify(jwt)).to.deep.include({ user: uid, role: "merchant", shops: [shop] })
    await admin().setCustomUserClaims(uid, { role: "merchant", shops: [] })
    expect((await verifier.userState?.(uid))?.grants).to.deep.equal({ role: "merchant", shops: [] })
  })

  it("revokes, disables and deletes users, whose tokens count no more", async () => {
    for (const end of [
      (uid: string) => admin().updateUser(uid, { disabled: true }),
      (uid: string) => admin().deleteUser(uid),
    ]) {
      const { uid, jwt } = await signedUp({})
      await end(uid)
      const refused = await verifier.verify(jwt).catch((error: unknown) => error)
      expect(refused).to.be.instanceOf(TokenError)
      expect((await verifier.userState?.(uid))?.validSince).to.be.greaterThan(Date.now() / 1000 - 60)
    }
  })
})
