import { expect } from "chai"
import type { Claims } from "../../../contract/claims.ts"
import { decide, type Governed, holders, policy } from "../../../service/auth/policy.ts"

const [own, other] = ["123e4567-e89b-42d3-a456-426614174000", "223e4567-e89b-42d3-a456-426614174000"]
const [self, stranger] = ["ab29b2d3-7c8a-446e-a4e1-d8e2a51c0e94", "bb29b2d3-7c8a-446e-a4e1-d8e2a51c0e94"]

/** Everybody whom the policy may tell apart: claims, by a name for each kind. */
const people: Readonly<Record<string, Claims | undefined>> = {
  nobody: undefined,
  "without a role, but with the shop": claims({ shops: [own] }),
  merchant: claims({ role: "merchant", shops: [own] }),
  "merchant of two": claims({ role: "merchant", shops: [other, own] }),
  "merchant of none": claims({ role: "merchant", shops: [] }),
  shopper: claims({ role: "shopper", shops: [own] }),
  "shopper with an ID": claims({ role: "shopper", shops: [own], shopper_id: self }),
  "shopper of none": claims({ role: "shopper", shops: [], shopper_id: self }),
  admin: claims({ role: "admin", shops: [] }),
  "admin with an ID": claims({ role: "admin", shops: [], shopper_id: self }),
}

const merchants = ["merchant", "merchant of two"]
const admins = ["admin", "admin with an ID"]

/** Who may what, written down a second time, by hand: all others may not. */
const expected: Readonly<
  Record<
    Governed,
    Readonly<Record<string, { own: readonly string[]; other: readonly string[]; asStranger?: string[] }>>
  >
> = {
  "store.$shop_id.feed": {
    get: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] },
    publish: {
      own: [...merchants, "shopper", "shopper with an ID", ...admins],
      other: ["merchant of two", ...admins],
      asStranger: [...merchants, "shopper", ...admins],
    },
    read: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] },
  },
  "store.$shop_id.event.$seq": { get: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] } },
  "store.$shop_id.baskets": { get: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] } },
  "store.$shop_id.orders": { get: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] } },
  "store.$shop_id.abandoned": { get: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] } },
  "store.$shop_id.basket.$session_id": {
    get: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] },
    acknowledge: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] },
    release: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] },
    complete: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] },
    reopen: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] },
  },
  "store.$shop_id.stats": { get: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] } },
  "store.$shop_id.digest": {
    get: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] },
    report: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] },
  },
  "store.$shop_id.day.$date": { get: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] } },
  "store.$shop_id.days": { get: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] } },
  "store.$shop_id.profile": {
    get: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] },
    set: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] },
  },
  "store.$shop_id.watchers": {
    get: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] },
    watch: { own: [...merchants, ...admins], other: ["merchant of two", ...admins] },
  },
  "session.$id.multicart": {
    get: { own: Object.keys(people), other: Object.keys(people) },
    start: { own: Object.keys(people), other: Object.keys(people) },
    kick: { own: Object.keys(people), other: Object.keys(people) },
  },
  "session.$id.present": { get: { own: Object.keys(people), other: Object.keys(people) } },
  "session.$id.status": { get: { own: Object.keys(people), other: Object.keys(people) } },
  "session.$id.lines.$customer": { get: { own: Object.keys(people), other: Object.keys(people) } },
  "session.$id.line.$customer.$line": { get: { own: Object.keys(people), other: Object.keys(people) } },
  "session.$id.members": { get: { own: Object.keys(people), other: Object.keys(people) } },
  "session.$id.member.$customer": { get: { own: Object.keys(people), other: Object.keys(people) } },
  "session.$id.cart.$customer": { get: { own: Object.keys(people), other: Object.keys(people) } },
  "shopwire.auth": { revoke: { own: admins, other: admins } },
  "shopwire.shoppers": { erase: { own: admins, other: admins } },
  "shopwire.health": { get: { own: Object.keys(people), other: Object.keys(people) } },
  "shopwire.archive": { get: { own: Object.keys(people), other: Object.keys(people) } },
  "shopwire.catalogue": { get: { own: Object.keys(people), other: Object.keys(people) } },
}

describe("the policy", () => {
  for (const [resource, methods] of Object.entries(expected) as [Governed, (typeof expected)[Governed]][]) {
    for (const [method, may] of Object.entries(methods)) {
      for (const [person, claims] of Object.entries(people)) {
        const asked = (shopId: string, shopperIds: string[]): boolean =>
          decide(resource, method, claims, { shopId, shopperIds }).allowed

        it(`${method} ${resource}: ${person}`, () => {
          expect(asked(own, [self]), "own shop, as itself").to.equal(may.own.includes(person))
          expect(asked(own, []), "own shop, before it is known for whom").to.equal(may.own.includes(person))
          expect(asked(own, [self, stranger]), "own shop, for another one").to.equal(
            (may.asStranger ?? may.own).includes(person),
          )
          expect(asked(other, [self]), "another shop").to.equal(may.other.includes(person))
        })
      }
    }
  }

  it("allows nobody what it does not name", () => {
    for (const claims of Object.values(people)) {
      for (const method of ["delete", "toString", "*", "get"]) {
        expect(decide("shopwire.auth", method, claims, { shopId: own }).allowed, method).to.equal(false)
      }
      expect(decide("store.$shop_id.feed", "set", claims, { shopId: own }).allowed).to.equal(false)
      expect(decide("session.$id.cart.$customer", "set", claims, {}).allowed).to.equal(false)
    }
  })

  it("names the rule and says why", () => {
    expect(decide("store.$shop_id.feed", "publish", people.shopper, { shopId: other })).to.deep.equal({
      allowed: false,
      rule: "publish",
      holder: "shopper",
      reason: `the rule publish asks ownShopAsItself of a shopper: the claim shops does not have ${other}`,
    })
    expect(decide("store.$shop_id.feed", "get", people.shopper, { shopId: own })).to.deep.equal({
      allowed: false,
      rule: "readShop",
      holder: "shopper",
      reason: "the rule readShop does not allow a shopper",
    })
    expect(decide("store.$shop_id.feed", "get", people.merchant, { shopId: own })).to.include({
      allowed: true,
      reason: "the rule readShop allows a merchant: ownShop",
    })
  })

  it("is covered by this test in full", () => {
    const covered = Object.entries(expected).map(([resource, methods]) => [resource, Object.keys(methods)])
    const governed = Object.entries(policy).map(([resource, methods]) => [
      resource,
      Object.keys(methods).flatMap((method) => (method === "*" ? ["start", "kick"] : [method])),
    ])
    expect(covered).to.deep.equal(governed)
    const seen = new Set(Object.values(people).map((claims) => decide("shopwire.health", "get", claims, {}).holder))
    expect([...seen]).to.have.members([...holders])
  })
})

function claims(granted: Pick<Claims, "shops"> & Partial<Claims>): Claims {
  return { user: "ann", iat: 0, exp: Number.MAX_SAFE_INTEGER, ...granted }
}
