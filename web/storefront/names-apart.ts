/** Somebody who is shown by name. */
interface Named {
  readonly id: string
  readonly name: string
}

/** The names of people by their IDs. Equal names are told apart by a number: `Ann`, `Ann 2`, in the order of the list. */
export function namesApart(people: readonly Named[]): ReadonlyMap<string, string> {
  const seen = new Map<string, number>()
  return new Map(
    people.map(({ id, name }) => {
      const key = name.trim().toLowerCase()
      const number = (seen.get(key) ?? 0) + 1
      seen.set(key, number)
      return [id, number === 1 ? name : `${name} ${number}`]
    }),
  )
}
