/** What only a group of several needs. The widget loads this module when somebody has joined: see `LateTools`. */
export { FriendTools } from "./friend-tools.ts"
export { HostTools } from "./host-tools.ts"
export { lineMenu } from "./line-menu.ts"
export { OfferRows } from "./offer-rows.ts"
export { SplitView } from "./split-view.ts"
