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

/** Sends plain text, like the errors of Go's HTTP library. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  sendBody(response, status, new Map([["Content-Type", ["text/plain; charset=utf-8"]]]), text)
}

/**
 * Sends the answer that a service asked for with a status from 300 on. `href`: the address of the resource that the service
 * answered with.
 */
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
 * As bytes, since Node writes headers together with a text in the text's encoding. The length is the last header, since it breaks
 * the encoding of a `Content-Disposition` after it.
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
      // An invalid header from a service: an answer without it is better than none.
    }
  }
}

/** Node writes each character of a header as one byte, so this makes UTF-8 of it, as Resgate sends it. */
function utf8(text: string): string {
  return Buffer.from(text).toString("latin1")
}
