import type { Observation, ServiceObserver } from "res-service"

/** One observer for several. Of the headers that they give to handlers, the last ones count. */
export function allObservers(observers: readonly ServiceObserver[]): ServiceObserver {
  const [only] = observers
  if (observers.length === 1 && only !== undefined) return only
  return {
    onRequest: (request) => {
      const observations = observers.flatMap((observer) => observer.onRequest?.(request) ?? [])
      return {
        headers: observations.findLast(({ headers }) => headers !== undefined)?.headers,
        end: (code) => {
          for (const observation of observations) observation.end(code)
        },
      } satisfies Observation
    },
  }
}
