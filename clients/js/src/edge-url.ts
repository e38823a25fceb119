/**
 * The address of a path of an edge.
 *
 * @param edgeUrl `https://edge.example`, also with a slash at its end, as `URL` writes it; with a path if a proxy serves the edge under one;
 *   empty: the page's own origin
 * @param path begins with a slash
 */
export function edgeUrlOf(edgeUrl: string, path: string): string {
  return `${edgeUrl.replace(/\/+$/, "")}${path}`
}
