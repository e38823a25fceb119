import { createHash } from "node:crypto"
import type { OpenApi, Operation, Parameter } from "./types.ts"

const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2024; background: #fff }
h2 { margin-top: 3rem; border-top: 1px solid #d7dce2; padding-top: 1rem; overflow-wrap: anywhere }
code, pre { font: 14px/1.45 ui-monospace, monospace }
pre { background: #f4f6f8; padding: .75rem; overflow-x: auto; border-radius: 6px }
table { border-collapse: collapse; width: 100% }
th, td { text-align: start; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #e6eaee }
.method { text-transform: uppercase; color: #0b6e4f }
summary { cursor: pointer }
@media (prefers-color-scheme: dark) {
  body { color: #e6eaee; background: #15191d } pre { background: #20262c } a { color: #7ab8ff } .method { color: #5fd0a5 }
  h2, th, td { border-color: #39424b }
}
`

/** Lets the page have its own style, and nothing else. */
export const pagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ")

/** An OpenAPI document as a page for people, without scripts. */
export function openApiPage({ info, paths, components }: OpenApi): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(info.title)}: HTTP</title>
<style>${style}</style>
</head>
<body>
<h1>${escaped(info.title)} ${escaped(info.version)}</h1>
<p>${escaped(info.description)}</p>
<p>For programs: <a href="/openapi.json">OpenAPI</a>, <a href="/asyncapi.json">AsyncAPI</a> of all other messages, and
<a href="/api">where else to begin</a>.</p>
<ul>${operations.map(({ path, method, operation }) => `<li><a href="#${operation.operationId}"><code><span class="method">${method}</span> ${escaped(path)}</code></a> ${escaped(operation.summary)}</li>`).join("\n")}</ul>
${operations.map(({ path, method, operation }) => operationPart(path, method, operation)).join("\n")}
<h2 id="schemas">Schemas</h2>
${Object.entries(components.schemas)
  .map(
    ([name, schema]) => `<details id="schema-${name}"><summary><code>${name}</code></summary>${pre(schema)}</details>`,
  )
  .join("\n")}
</body>
</html>
`
}

function operationPart(path: string, method: string, operation: Operation): string {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation
  const example = requestBody?.content["application/json"]?.example
  return `<section>
<h2 id="${operationId}"><code><span class="method">${method}</span> ${escaped(path)}</code></h2>
<p><strong>${escaped(summary)}.</strong> ${escaped(description ?? "")}</p>
<pre>${escaped(curl(path, method, parameters, example))}</pre>
${parameters.length === 0 ? "" : `<table><thead><tr><th>in</th><th>name</th><th>meaning</th></tr></thead><tbody>${parameters.map(parameterRow).join("\n")}</tbody></table>`}
<table><thead><tr><th>status</th><th>meaning</th></tr></thead><tbody>${Object.entries(responses)
    .map(([status, { description: meaning, content = {} }]) => {
      const shown = Object.values(content).find((each) => each.example !== undefined)?.example
      return `<tr><td><code>${status}</code></td><td>${escaped(meaning)}${shown === undefined ? "" : pre(shown)}</td></tr>`
    })
    .join("\n")}</tbody></table>
</section>`
}

function parameterRow({ in: place, name, required, schema, description }: Parameter): string {
  const limits = description ?? JSON.stringify(schema)
  return `<tr><td>${place}</td><td><code>${escaped(name)}</code>${required ? " (needed)" : ""}</td><td>${escaped(limits)}</td></tr>`
}

/** The operation as a command, with the document's examples. */
function curl(path: string, method: string, parameters: readonly Parameter[], body: unknown): string {
  const url = parameters.reduce((text, { name, example }) => text.replace(`{${name}}`, String(example)), path)
  const options = [
    ...(method === "get" ? [] : [`-X ${method.toUpperCase()}`]),
    ...(body === undefined ? [] : ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(body)}'`]),
  ]
  return ["curl", `http://127.0.0.1:8000${url}`, ...options].join(" ")
}

function pre(value: unknown): string {
  return `<pre>${escaped(JSON.stringify(value, undefined, 2))}</pre>`
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
}
