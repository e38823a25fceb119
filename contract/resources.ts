import { type AnyContract, Contract } from "res-service/contract"
import * as session from "./session.ts"
import * as shopwire from "./shopwire.ts"
import * as store from "./store.ts"

type ContractIn<M> = Extract<M[keyof M], AnyContract>

/** Any RES resource of the product. */
export type Resource = ContractIn<typeof store> | ContractIn<typeof session> | ContractIn<typeof shopwire>

/** Every RES resource of the product: whatever contract these modules export. */
export const resources: readonly Resource[] = [store, session, shopwire].flatMap((module) =>
  Object.values(module).filter((exported): exported is Resource => exported instanceof Contract),
)
