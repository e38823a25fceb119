import { ResError } from "../errors.ts"
import { compact, elements, isJson, members, parseString } from "./raw-json.ts"

/** A part of a message does not have the type that the protocol requires. */
export class DecodeError extends Error {
  override readonly name = "DecodeError"
}

/** `system.internalError` with Resgate's wording, which adds the cause. */
export function internalError(text: string): ResError {
  return new ResError("system.internalError", `Internal error: ${text}`)
}

/**
 * The members of a JSON object, read as Go does for Resgate: case does not matter, the last of several members with one name
 * wins, and null counts as absent.
 */
export class Fields {
  readonly #raw = new Map<string, string>()

  /** Throws a `DecodeError` for anything but an object. `null` counts as an object without members. */
  static of(raw: string): Fields {
    const fields = new Fields()
    const found = members(raw)
    if (found === undefined) {
      if (raw.trim() === "null") return fields
      throw new DecodeError(`cannot decode ${kind(raw)} as an object`)
    }
    for (const [name, value] of found) fields.#raw.set(name.toLowerCase(), value)
    return fields
  }

  /** Like `of`, for a text that may not be JSON. */
  static parse(text: string): Fields {
    if (!isJson(text)) throw new DecodeError(text.trim() === "" ? "unexpected end of JSON input" : "invalid JSON")
    return Fields.of(text)
  }

  /** The JSON text of a member, also if it is null; undefined if it is absent. */
  raw(name: string): string | undefined {
    return this.#raw.get(name)
  }

  object(name: string): Fields | undefined {
    const raw = this.#present(name)
    return raw === undefined ? undefined : Fields.of(raw)
  }

  string(name: string): string | undefined {
    const raw = this.#present(name)
    if (raw === undefined) return undefined
    if (!raw.startsWith('"')) throw new DecodeError(`cannot decode ${kind(raw)} as a string in ${name}`)
    return parseString(raw)
  }

  /** A whole number. Its spelling must be one too: not `1.0` or `1e0`. */
  int(name: string): number | undefined {
    const raw = this.#present(name)
    if (raw === undefined) return undefined
    if (!INTEGER.test(raw) || !Number.isSafeInteger(Number(raw))) {
      throw new DecodeError(`cannot decode ${kind(raw)} ${raw.slice(0, 40)} as a whole number in ${name}`)
    }
    return Number(raw)
  }

  boolean(name: string): boolean | undefined {
    const raw = this.#present(name)
    if (raw === undefined) return undefined
    if (raw !== "true" && raw !== "false")
      throw new DecodeError(`cannot decode ${kind(raw)} as true or false in ${name}`)
    return raw === "true"
  }

  strings(name: string): string[] | undefined {
    const raw = this.#present(name)
    return raw === undefined ? undefined : stringList(raw, name)
  }

  /** An error object. Missing members become empty texts. */
  error(name: string): ResError | undefined {
    const fields = this.object(name)
    if (fields === undefined) return undefined
    const data = fields.raw("data")
    return new ResError(
      fields.string("code") ?? "",
      fields.string("message") ?? "",
      data === undefined || data === "null" ? undefined : JSON.parse(data),
    )
  }

  #present(name: string): string | undefined {
    const raw = this.#raw.get(name)
    return raw === "null" ? undefined : raw
  }
}

/** Throws a `DecodeError` for anything but an array of strings. Null counts as an empty string. */
export function stringList(raw: string, name: string): string[] {
  const list = elements(raw)
  if (list === undefined) throw new DecodeError(`cannot decode ${kind(raw)} as a list in ${name}`)
  return list.map((element) => {
    if (element === "null") return ""
    if (!element.startsWith('"')) throw new DecodeError(`cannot decode ${kind(element)} as a string in ${name}`)
    return parseString(element)
  })
}

/** An error object as JSON text. */
export function encodeError(error: ResError): string {
  return compact(JSON.stringify(error))
}

const INTEGER = /^-?\d+$/

function kind(raw: string): string {
  switch (raw.trim()[0]) {
    case "{":
      return "object"
    case "[":
      return "array"
    case '"':
      return "string"
    case "t":
    case "f":
      return "bool"
    case "n":
      return "null"
    default:
      return "number"
  }
}
