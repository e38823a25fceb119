import Imported from "resclient"

export { isResError, type ResCollection, type ResModel } from "resclient"

type ResClientClass = typeof Imported extends { readonly default: infer C } ? C : typeof Imported

/** resclient's class. The package is CommonJS, so Node has its default export one level down. */
export const ResClient = ("default" in Imported ? Imported.default : Imported) as ResClientClass

export type ResClient = InstanceType<ResClientClass>
