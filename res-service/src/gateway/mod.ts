export { type CloseReason, closeCodes } from "./close-codes.ts"
export { ConfigError, type GatewayConfig } from "./config.ts"
export { createGateway, type Gateway, type GatewayOptions } from "./gateway.ts"
