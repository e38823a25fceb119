import { type DeleteAction, deleteAction } from "res-service"

/** The members of a model that have changed; `deleteAction` for those that are gone. */
export type Differences<T> = { readonly [K in keyof T]?: T[K] | DeleteAction }

/** The members of `after` that are not the same in `before`. */
export function differences<T extends object>(before: T, after: T): Differences<T> {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof T)[]
  const changed = names.filter((name) => !isSame(before[name], after[name]))
  const valueNow = (name: keyof T) => (after[name] === undefined ? deleteAction : after[name])
  return Object.fromEntries(changed.map((name) => [name, valueNow(name)])) as Differences<T>
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
