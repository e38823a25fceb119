import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "chai"
import type { JWTPayload } from "jose"
import { ResError } from "res-service"
import { TokenError } from "../../contract/claims.ts"
import { firebaseVerifier } from "../../service/auth/firebase-verifier.ts"
import { jwksVerifier } from "../../service/auth/jwks-verifier.ts"
import { RememberingVerifier, type TokenVerifier } from "../../service/auth/token-verifier.ts"
import { Google } from "../helpers/google.ts"
import { Issuer, inSeconds, newSigningKey, type SigningKey, soon, unsigned } from "../helpers/issuer.ts"
import { skip } from "../helpers/skip.ts"

const shop = "123e4567-e89b-42d3-a456-426614174000"

/** Why a token is refused. */
async function reason(verifying: Promise<unknown>): Promise<string> {
  const error = await verifying.then(
    () => new Error("it was taken"),
    (refusal: unknown) => refusal,
  )
  expect(error).to.be.instanceOf(TokenError)
  return (error as TokenError).message
}

/** What each kind of issuer offers the tests. */
interface Issuing {
  readonly verifier: TokenVerifier
  /** A verifier that knows no keys yet; keys last until `rotate`, or for an hour. */
  fresh(lasts?: "until rotated" | "an hour"): TokenVerifier
  token(claims?: JWTPayload, key?: SigningKey): Promise<string>
  /** Signs with a new key, and lets the time pass for which the old ones may be kept. */
  rotate(): Promise<void>
  readonly fetches: number
  stop(): Promise<void>
}

/** The same for every issuer. */
function verifies(title: string, start: (context: Mocha.Context) => Promise<Issuing>): void {
  describe(title, () => {
    let issuing: Issuing
    const token = (claims?: JWTPayload, key?: SigningKey) => issuing.token(claims, key)
    const refusal = async (jwt: string | Promise<string>) => await reason(issuing.verifier.verify(await jwt))

    before(async function () {
      issuing = await start(this)
    })

    after(() => issuing?.stop())

    it("takes a good token, and reads its claims", async () => {
      const claims = { sub: "ann", name: "Ann", role: "merchant", shops: [shop.toUpperCase()], shopper_id: shop }
      const iat = inSeconds(0)
      const taken = await issuing.verifier.verify(await token({ ...claims, iat }))
      expect(taken).to.deep.equal({
        user: "ann",
        name: "Ann",
        role: "merchant",
        shops: [shop],
        shopper_id: shop,
        iat,
        exp: taken.exp,
      })
    })

    it("takes one without a role, which allows nothing", async () => {
      expect(await issuing.verifier.verify(await token()))
        .to.include({ user: "ann" })
        .and.not.have.property("role")
    })

    it("refuses one that has expired", async () => {
      expect(await refusal(token({ iat: inSeconds(-7200), exp: inSeconds(-3600) }))).to.equal("it has expired")
    })

    it("takes one until its time is over, and not a moment longer", async () => {
      expect(await refusal(token({ iat: inSeconds(-60), exp: inSeconds(-1) }))).to.equal("it has expired")
      const exp = soon()
      const jwt = await token({ exp })
      for (;;) {
        const taken = await issuing.verifier.verify(jwt).catch((error: unknown) => error)
        // It may have waited for the processor until the time was over.
        if (Date.now() >= exp * 1000) break
        expect(taken).to.include({ exp })
        await sleep(Math.min(100, exp * 1000 - Date.now() + 1))
      }
      expect(await refusal(jwt)).to.equal("it has expired")
    })

    it("refuses one that was issued longer ago than tokens count", async () => {
      const days = (count: number): number => inSeconds(count * 24 * 60 * 60)
      const [old, long] = [
        await token({ iat: days(-31), exp: days(31) }),
        await token({ iat: days(-29), exp: days(31) }),
      ]
      expect(await refusal(old)).to.equal("it was issued more than 30 days ago")
      expect((await issuing.verifier.verify(long)).exp).to.be.closeTo(days(1), 60)
    })

    it("takes a name that is null for none", async () => {
      expect(await issuing.verifier.verify(await token({ name: null })))
        .to.include({ user: "ann" })
        .and.not.have.property("name")
    })

    it("refuses another issuer's", async () => {
      expect(await refusal(token({ iss: "https://other.example" }))).to.include('"iss"')
    })

    it("refuses one for another audience", async () => {
      expect(await refusal(token({ aud: "another" }))).to.include('"aud"')
    })

    it("refuses one that another key has signed under a known key's name", async () => {
      const [header = ""] = (await token()).split(".")
      const { kid } = JSON.parse(Buffer.from(header, "base64url").toString()) as { kid: string }
      expect(await refusal(token({}, { ...newSigningKey(), kid }))).to.match(/signature/)
    })

    it("refuses another spelling of a good one's signature", async () => {
      const good = await token()
      // The last of 342 characters for 256 bytes has four bits that mean nothing.
      const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
      const other = good.slice(0, -1) + alphabet[alphabet.indexOf(good.at(-1) ?? "") + 1]
      expect(
        Buffer.from(other.split(".")[2] ?? "", "base64url").equals(Buffer.from(good.split(".")[2] ?? "", "base64url")),
      ).to.be.true
      await issuing.verifier.verify(good)
      expect(await refusal(other)).to.equal("it has an invalid signature")
    })

    it("refuses one of an unknown key", async () => {
      expect(await refusal(token({}, newSigningKey()))).to.match(/key/)
    })

    it("refuses one that nobody has signed", async () => {
      const [, payload = ""] = (await token()).split(".")
      const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as JWTPayload
      expect(await refusal(unsigned(claims))).to.match(/kid|algorithm/)
    })

    it("refuses one issued in the future", async () => {
      expect(await refusal(token({ iat: inSeconds(600) }))).to.match(/future/)
    })

    it("refuses what is no token, or too long for one", async () => {
      for (const text of ["", "abc", "a.b.c", "x".repeat(9000)])
        expect(await refusal(text)).to.match(/no JWT|Decoding|long/)
    })

    it("refuses claims that are malformed, naming them, and nothing of the token", async () => {
      expect(await refusal(token({ role: "king" }))).to.equal("claim role: expected one of merchant, shopper, admin")
      expect(await refusal(token({ shops: shop }))).to.equal("claim shops: expected a list of shop IDs")
      expect(await refusal(token({ shopper_id: "secret" }))).to.equal("claim shopper_id: expected a UUID version 4")
    })

    it("takes tokens of a new key once the old keys' time is over, and fetches keys no more than it must", async () => {
      const keeping = issuing.fresh("an hour")
      const before = issuing.fetches
      await keeping.verify(await token())
      await keeping.verify(await token({ sub: "bob" }))
      expect(issuing.fetches).to.equal(before + 1)
      const renewing = issuing.fresh("until rotated")
      await renewing.verify(await token())
      await issuing.rotate()
      await renewing.verify(await token())
      expect(issuing.fetches).to.equal(before + 3)
    })

    it("while the issuer is away: refuses an unknown key if others are known, else does not know", async () => {
      const [knowing, ignorant] = [issuing.fresh("an hour"), issuing.fresh("an hour")]
      const jwt = await token()
      await knowing.verify(jwt)
      await issuing.stop()
      for (let i = 0; i < 2; i++) {
        expect(await reason(knowing.verify(await token({}, newSigningKey())))).to.match(/key|kid/)
        expect(await knowing.verify(await token({ sub: `user-${i}` }))).to.include({ user: `user-${i}` })
      }
      const error = await ignorant.verify(jwt).catch((refused: unknown) => refused)
      expect(error).to.be.instanceOf(ResError).and.have.property("code", "system.serviceUnavailable")
    })
  })
}

verifies("Firebase's ID tokens", async (context) => {
  const google = (await Google.start()) ?? skip(context, "openssl, which makes the certificates, is missing")
  const fresh = () =>
    new RememberingVerifier(
      firebaseVerifier({ projectId: google.projectId, checkRevoked: false, httpAgent: google.httpAgent }),
    )
  return {
    verifier: fresh(),
    fresh: (lasts) => {
      google.maxAge = lasts === "an hour" ? 3600 : 1
      return fresh()
    },
    token: (claims, key) => google.token(claims, key),
    rotate: async () => {
      google.rotate()
      await sleep(1000 * google.maxAge)
    },
    get fetches() {
      return google.fetches
    },
    stop: () => google.stop(),
  }
})

verifies("tokens of an OpenID Connect issuer", async () => {
  const issuer = await Issuer.start()
  const { url, issuer: name, audience } = issuer
  const fresh = () =>
    new RememberingVerifier(jwksVerifier({ url, issuer: name, audience, claimPrefix: "", cooldownMs: 0 }))
  return {
    verifier: fresh(),
    fresh,
    token: (claims, key) => issuer.token(claims, key),
    rotate: async () => issuer.rotate(),
    get fetches() {
      return issuer.fetches
    },
    stop: () => issuer.stop(),
  }
})
