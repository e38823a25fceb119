/**
 * Which member should own each shard: even (the members' numbers of shards differ by at most one), with as few moves as
 * possible. The result depends only on the two tables, so all members that see the same tables get the same targets.
 *
 * @param members IDs of the living members, without those that are stopping: a stopping member's shards all go to others.
 * @param owners Every shard, with the member that owns it: `undefined`, or an ID that is not in `members`, for no owner.
 * @returns Every shard with the member that should own it; empty if there are no members.
 */
export function balance(
  members: readonly string[],
  owners: ReadonlyMap<number, string | undefined>,
): Map<number, string> {
  const targets = new Map<number, string>()
  if (members.length === 0) return targets
  const shards = [...owners.keys()].sort((a, b) => a - b)
  const ranked = members.map((member) => ({ member, owned: shards.filter((shard) => owners.get(shard) === member) }))
  // If the shards can't be divided evenly, the members that have the most keep one more.
  ranked.sort((a, b) => b.owned.length - a.owned.length || (a.member < b.member ? -1 : 1))
  const share = Math.floor(shards.length / members.length)
  const remainder = shards.length % members.length
  const shareAt = (rank: number): number => (rank < remainder ? share + 1 : share)
  for (const [rank, { member, owned }] of ranked.entries()) {
    for (const shard of owned.slice(0, shareAt(rank))) targets.set(shard, member)
  }
  const free = shards.filter((shard) => !targets.has(shard))
  for (const [rank, { member, owned }] of ranked.entries()) {
    for (const shard of free.splice(0, Math.max(0, shareAt(rank) - owned.length))) targets.set(shard, member)
  }
  return targets
}
