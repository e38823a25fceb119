import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "chai"
import { projectDir } from "../../../config/project-dir.ts"
import { openTracing } from "../../../observe/tracing.ts"

describe("openTracing()", () => {
  it("is off by default, and when OpenTelemetry's variables say so", async () => {
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" }
    for (const env of [
      {},
      { OTEL_EXPORTER_OTLP_ENDPOINT: "" },
      { ...endpoint, OTEL_SDK_DISABLED: "true" },
      { ...endpoint, OTEL_TRACES_EXPORTER: "none" },
    ])
      expect(await openTracing("edge", env), JSON.stringify(env)).to.equal(undefined)
  })

  it("loads OpenTelemetry only when it is on: one file imports it, and is only loaded then", () => {
    const files = execFileSync(
      "git",
      ["ls-files", "-co", "--exclude-standard", "observe", "edge", "service", "config"],
      {
        cwd: projectDir,
        encoding: "utf8",
      },
    )
    const importing = (specifier: RegExp): string[] =>
      files
        .split("\n")
        .filter((file) => file.endsWith(".ts") && specifier.test(readFileSync(join(projectDir, file), "utf8")))
    expect(importing(/from "@opentelemetry\//)).to.deep.equal(["observe/otlp-tracing.ts"])
    expect(importing(/from "[./]*otlp-tracing\.ts"/)).to.deep.equal([])
    expect(importing(/await import\("\.\/otlp-tracing\.ts"\)/)).to.deep.equal(["observe/tracing.ts"])
    expect(importing(/from "prom-client"/)).to.deep.equal(["observe/metrics.ts"])
    expect(readFileSync(join(projectDir, "observe/metrics.ts"), "utf8")).to.match(/^import type .* from "prom-client"/m)
  })
})
