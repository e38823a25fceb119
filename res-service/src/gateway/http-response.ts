import type { ServerResponse } from "node:http"
import { encodeError } from "../client/decode.ts"
import type { ResError } from "../errors.ts"
import { errorOfStatus, httpStatus } from "./http-status.ts"
import { type HeaderMap, mergeHeader } from "./meta.ts"

const JSON_TYPE = "application/json; charset=utf-8"

export function sendJson(response: ServerResponse, status: number, headers: HeaderMap, body: string): void {
  headers.set("Content-Type", [JSON_TYPE])
  sendBody(response, status, headers, body)
}

export function sendError(response: ServerResponse, headers: HeaderMap, error: ResError): void {
  sendJson(response, httpStatus(error), headers, encodeError(error))
}

export function sendEmpty(response: ServerResponse, status: number, headers: HeaderMap): void {
  sendHead(response, status, headers)
  response.end()
}

/** Plain text, as the HTTP stack itself answers. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  sendBody(response, status, new Map([["Content-Type", ["text/plain; charset=utf-8"]]]), text)
}

/** The answer that a service has asked for by a status from 300 on. `href`: of the resource that it answered with. */
export function sendStatus(
  response: ServerResponse,
  status: number,
  headers: HeaderMap,
  metaHeader: HeaderMap | undefined,
  { href, error }: { href?: string | undefined; error?: ResError | undefined },
): void {
  if (status < 400) {
    if (href && !metaHeader?.has("Location")) headers.set("Location", [href])
    mergeHeader(headers, metaHeader)
    sendEmpty(response, status, headers)
    return
  }
  mergeHeader(headers, metaHeader)
  sendJson(response, status, headers, encodeError(error ?? errorOfStatus(status)))
}

/**
 * As bytes, for Node writes headers together with a text in the text's encoding; and with the length as the last header, for it
 * spoils a `Content-Disposition` that comes after it.
 */
function sendBody(response: ServerResponse, status: number, headers: HeaderMap, text: string): void {
  const body = Buffer.from(text)
  sendHead(response, status, headers)
  response.setHeader("Content-Length", body.length)
  response.writeHead(status)
  response.end(body)
}

function sendHead(response: ServerResponse, status: number, headers: HeaderMap): void {
  response.statusCode = status
  for (const [name, values] of headers) {
    try {
      response.setHeader(name, values.map(utf8))
    } catch {
      // A service's header that HTTP does not allow: the answer is worth more without it than none.
    }
  }
}

/** Node writes each character of a header as one byte: here they are those of UTF-8, as Resgate sends them. */
function utf8(text: string): string {
  return Buffer.from(text).toString("latin1")
}
