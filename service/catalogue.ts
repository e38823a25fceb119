import { dataValue, handle, systemErrors } from "res-service"
import { version } from "../config/version.ts"
import type { Catalogue, CataloguedResource } from "../contract/catalogue.ts"
import { serviceErrors } from "../contract/errors.ts"
import { type Example, examples } from "../contract/examples.ts"
import { type Resource, resources } from "../contract/resources.ts"
import { catalogue } from "../contract/shopwire.ts"
import type { Guard } from "./auth/guard.ts"

/** Serves `catalogue`. */
export function catalogueResource(guard: Guard) {
  // Made for the first get, because it would take a quarter of the processor time of a start.
  let content: ReturnType<typeof shownCatalogue> | undefined
  return handle(catalogue, {
    mode: { access: "free", get: "free" },
    access: guard.access(catalogue),
    get: async () => {
      content ??= shownCatalogue()
      return content
    },
  })
}

function shownCatalogue() {
  const { version: own, resources: all, errors } = makeCatalogue()
  return { version: own, resources: dataValue(all), errors: dataValue(errors) }
}

/** The catalogue, from the contracts and their examples. */
export function makeCatalogue(): Catalogue {
  const errors = Object.entries({ ...systemErrors, ...serviceErrors }).map(([code, message]) => ({ code, message }))
  return { version, resources: resources.map(entryOf), errors }
}

function entryOf(contract: Resource): CataloguedResource {
  const own = examples.filter((example) => example.contract === contract)
  const { calls, auth, value, ...description } = contract.describe()
  const withExamples = (methods: typeof calls, kind: Example["kind"]) =>
    Object.fromEntries(
      Object.entries(methods).map(([method, declared]) => {
        const example = own.find((each) => each.kind === kind && each.method === method)
        return [method, { ...declared, ...(example === undefined ? {} : { example: shown(example) }) }]
      }),
    )
  const got = own.find(({ kind }) => kind === "get")
  return {
    ...description,
    ...(value === undefined ? {} : { value }),
    calls: withExamples(calls, "call"),
    auth: withExamples(auth, "auth"),
    ...(got === undefined ? {} : { example: shown(got) }),
  }
}

function shown({ contract, parts, query, params, answer }: Example) {
  return { rid: contract.rid(parts, query), ...(params === undefined ? {} : { params }), answer }
}
