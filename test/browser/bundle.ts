import { build, type Plugin } from "vite"
import { fromSources } from "../../tools/web/apps.ts"

/**
 * A script for a page, as it is in development.
 *
 * @param entry path of its module
 * @param others the names of packages that are used instead of some
 */
export async function bundle(entry: string, others: Readonly<Record<string, string>> = {}): Promise<string> {
  const given = process.env.NODE_ENV
  process.env.NODE_ENV = "development"
  try {
    const output = await build({
      configFile: false,
      logLevel: "warn",
      mode: "development",
      resolve: fromSources,
      plugins: [instead(others)],
      define: { "process.env.NODE_ENV": '"development"' },
      build: { write: false, minify: false, lib: { entry, formats: ["iife"], name: "page" } },
    })
    const [result] = [output].flat()
    if (result === undefined || !("output" in result)) throw new Error("nothing was built")
    return result.output[0].code
  } finally {
    if (given === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = given
  }
}

/** Resolves packages, and the paths in them, by other names. Vite's `resolve.alias` does not reach all modules here. */
function instead(others: Readonly<Record<string, string>>): Plugin {
  return {
    name: "instead",
    enforce: "pre",
    resolveId(specifier, importer) {
      const [, name = "", path = ""] = /^([\w-]+)(\/.*)?$/.exec(specifier) ?? []
      const other = others[name]
      return other === undefined ? null : this.resolve(other + path, importer, { skipSelf: true })
    },
  }
}
