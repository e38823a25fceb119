import { expect } from "chai"
import fc from "fast-check"
import { balance } from "../../src/sharding/balance.ts"

type Owners = Map<number, string | undefined>

const owners = (...of: (string | undefined)[]): Owners => new Map(of.entries())
const sorted = (targets: ReadonlyMap<number, string>): string[] =>
  [...targets].sort(([a], [b]) => a - b).map(([, member]) => member)

/** How many shards each member has. */
function sizes(members: readonly string[], of: ReadonlyMap<number, string | undefined>): number[] {
  return members.map((member) => [...of.values()].filter((owner) => owner === member).length)
}

const isEven = (numbers: readonly number[]): boolean => Math.max(...numbers) - Math.min(...numbers) <= 1

const moves = (from: Owners, to: ReadonlyMap<number, string>): number =>
  [...from].filter(([shard, owner]) => to.get(shard) !== owner).length

/** Every way to give `shards` shards to the members. */
function assignments(members: readonly string[], shards: number): string[][] {
  if (shards === 0) return [[]]
  return assignments(members, shards - 1).flatMap((others) => members.map((member) => [...others, member]))
}

const ids = ["ann", "bob", "cid", "dan", "eve"]
const someMembers = fc.subarray(ids, { minLength: 1 })
/** Owners may be members that have gone. */
const someOwners = (most: number): fc.Arbitrary<Owners> =>
  fc.array(fc.constantFrom(undefined, ...ids), { minLength: 1, maxLength: most }).map((of) => owners(...of))

describe("balance(members, owners)", () => {
  it("gives all shards to the only member", () => {
    expect(sorted(balance(["ann"], owners(undefined, "ann", "bob")))).to.deep.equal(["ann", "ann", "ann"])
  })

  it("gives no shard to anyone without members", () => {
    expect(balance([], owners("ann", undefined)).size).to.equal(0)
  })

  it("takes 11 shards from the first member and 10 from the second for a third one, of 65", () => {
    const before = new Map(Array.from({ length: 65 }, (_, shard) => [shard, shard % 2 === 0 ? "ann" : "bob"]))
    const after = balance(["ann", "bob", "cid"], before)
    expect(sizes(["ann", "bob"], before)).to.deep.equal([33, 32])
    expect(sizes(["ann", "bob", "cid"], after)).to.deep.equal([22, 22, 21])
    expect(moves(before, after)).to.equal(21)
  })

  it("leaves one more shard with the members that have the most", () => {
    expect(sorted(balance(["ann", "bob"], owners("bob", "bob", undefined)))).to.deep.equal(["bob", "bob", "ann"])
  })

  it("is even, and names a living member for every shard", () => {
    fc.assert(
      fc.property(someMembers, someOwners(70), (members, before) => {
        const after = balance(members, before)
        expect([...after.keys()]).to.have.members([...before.keys()])
        for (const member of after.values()) expect(members).to.include(member)
        expect(isEven(sizes(members, after))).to.equal(true)
      }),
    )
  })

  it("moves as few shards as the best of all even assignments", () => {
    fc.assert(
      fc.property(fc.subarray(ids, { minLength: 1, maxLength: 3 }), someOwners(6), (members, before) => {
        const best = assignments(members, before.size)
          .map((of) => new Map(of.entries()))
          .filter((to) => isEven(sizes(members, to)))
          .map((to) => moves(before, to))
        expect(moves(before, balance(members, before))).to.equal(Math.min(...best))
      }),
    )
  })

  it("does not depend on the order in which members and shards are listed, nor changes its input", () => {
    fc.assert(
      fc.property(someMembers, someOwners(20), (members, before) => {
        const shuffled = new Map([...before].reverse())
        const inOrder = [...before]
        expect(sorted(balance(members.toReversed(), shuffled))).to.deep.equal(sorted(balance(members, before)))
        expect([...before]).to.deep.equal(inOrder)
      }),
    )
  })

  it("keeps every shard where it is once it is balanced", () => {
    fc.assert(
      fc.property(someMembers, someOwners(20), (members, before) => {
        const after = balance(members, before)
        expect(moves(after, balance(members, after))).to.equal(0)
      }),
    )
  })
})

/** What all members watch: each change has a revision, and each member has seen the changes up to some revision. */
class Table {
  readonly members: readonly string[]
  readonly #changes: { readonly shard: number; readonly owner: string | undefined }[]
  readonly #seen = new Map<string, number>()

  constructor(members: readonly string[], before: Owners) {
    this.members = members
    this.#changes = [...before].map(([shard, owner]) => ({ shard, owner }))
    for (const member of members) this.#seen.set(member, before.size)
  }

  /** The owners and their revisions as `member` sees them, or as they are. */
  view(member?: string): { readonly owners: Owners; readonly revisions: ReadonlyMap<number, number> } {
    const owners: Owners = new Map()
    const revisions = new Map<number, number>()
    const seen = member === undefined ? this.#changes.length : this.#seen.get(member)
    for (const [revision, { shard, owner }] of this.#changes.slice(0, seen).entries()) {
      owners.set(shard, owner)
      revisions.set(shard, revision)
    }
    return { owners, revisions }
  }

  /** `member` sees up to `changes` more changes. */
  see(member: string, changes = Number.POSITIVE_INFINITY): void {
    this.#seen.set(member, Math.min(this.#changes.length, (this.#seen.get(member) ?? 0) + changes))
  }

  /** `member` releases what it should not have, and claims what it should, up to `limit` shards. Returns how many it did. */
  act(member: string, limit = Number.POSITIVE_INFINITY): number {
    const { owners: seen, revisions } = this.view(member)
    let done = 0
    for (const [shard, target] of balance(this.members, seen)) {
      const owner = seen.get(shard)
      const isFree = owner === undefined || !this.members.includes(owner)
      const next = target === member ? member : undefined
      if (done >= limit || next === owner || !(isFree ? next === member : owner === member)) continue
      // The compare-and-set fails if the shard has changed since.
      if (this.view().revisions.get(shard) !== revisions.get(shard)) continue
      this.#changes.push({ shard, owner: next })
      done++
    }
    return done
  }
}

describe("members that follow balance()", () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant("see" as const), member: fc.nat(), changes: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ type: fc.constant("act" as const), member: fc.nat(), changes: fc.integer({ min: 1, max: 4 }) }),
  )

  it("reach an even table in three rounds after their views were old, and then change nothing", () => {
    fc.assert(
      fc.property(someMembers, someOwners(14), fc.array(step, { maxLength: 60 }), (members, before, steps) => {
        const table = new Table(members, before)
        for (const { type, member: index, changes } of steps) {
          const member = members[index % members.length] ?? ""
          if (type === "see") table.see(member, changes)
          else table.act(member, changes)
        }
        const round = (): number =>
          members.reduce((changes, member) => {
            table.see(member)
            return changes + table.act(member)
          }, 0)
        for (let i = 0; i < 3; i++) round()
        expect(round()).to.equal(0)
        expect(isEven(sizes(members, table.view().owners))).to.equal(true)
        expect(
          [...table.view().owners.values()].every((owner) => owner !== undefined && members.includes(owner)),
        ).to.equal(true)
      }),
      { numRuns: 500 },
    )
  })

  it("move no more shards than balance() says if each acts in turn and sees what the others did", () => {
    fc.assert(
      fc.property(someMembers, someOwners(14), fc.array(fc.nat(), { maxLength: 40 }), (members, before, turns) => {
        const table = new Table(members, before)
        const needed = moves(before, balance(members, before))
        const act = (member: string, limit?: number): number => {
          table.see(member)
          return table.act(member, limit)
        }
        for (const turn of turns) act(members[turn % members.length] ?? "", 1)
        for (let i = 0; i < 3; i++) for (const member of members) act(member)
        const after = new Map([...table.view().owners].map(([shard, owner]) => [shard, owner ?? ""]))
        expect(moves(before, after)).to.be.at.most(needed)
        expect(isEven(sizes(members, after))).to.equal(true)
      }),
      { numRuns: 500 },
    )
  })
})
