/** The name of the connections that try what NATS must refuse, by which its log tells them from others. */
export const PROBE_NAME = "shopwire-permissions-probe"
