export { MemoryBroker } from "./memory-broker.ts"
export {
  type Answer,
  type Exchange,
  type RequestFields,
  type Sent,
  ServiceKit,
  type ServiceKitOptions,
} from "./service-kit.ts"
