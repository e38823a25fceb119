import { type Agent, request } from "node:http"

/** One request; a `body` is JSON. Resolves when all of the answer is there. Throws at any status but 200. */
export function send(agent: Agent, method: string, url: string, body = ""): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) }
    const req = request(url, { agent, method, headers }, (res) => {
      res.resume()
      res.on("end", () => (res.statusCode === 200 ? resolve() : reject(new Error(`answered ${res.statusCode}`))))
    })
    req.on("error", reject)
    req.end(body)
  })
}
