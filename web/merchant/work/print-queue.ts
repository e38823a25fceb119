import { type Basket, Observable } from "@shopwire/client"

/** The baskets whose pick lists are printed; a new object for each print, none when nothing is. */
export const printing = new Observable<readonly Basket[]>([])

/** Prints a pick list for each basket. */
export function printPickLists(baskets: readonly Basket[]): void {
  if (baskets.length > 0) printing.set([...baskets])
}
