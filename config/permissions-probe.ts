/** The name of the connections that test NATS's permissions; the launcher hides the violations that they cause in its log. */
export const PROBE_NAME = "shopwire-permissions-probe"
