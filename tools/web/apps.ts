import { readdirSync } from "node:fs"
import { join } from "node:path"
import react from "@vitejs/plugin-react"
import { defaultClientConditions, type InlineConfig } from "vite"
import { projectDir } from "../../config/project-dir.ts"

/** Vite's builds for each app of `web/`; the builds of an app write into the same folder. */
export const webApps: Readonly<Record<string, (outDir: string) => readonly InlineConfig[]>> = {
  merchant: (outDir) => [merchant(outDir)],
  storefront: (outDir) => [storefrontDemo(outDir), storefrontWidget(outDir), besideWidget(outDir)],
}

function merchant(outDir: string): InlineConfig {
  const { resolve, ...rest } = common("merchant", outDir)
  const alias = { zod: join(projectDir, "web/no-schemas.ts") }
  return { ...rest, resolve: { ...resolve, alias }, plugins: [react()] }
}

function storefrontDemo(outDir: string): InlineConfig {
  return { ...common("storefront", outDir), root: join(projectDir, "web/storefront/demo") }
}

/** Builds one file, `widget.js` with its styles, which a shop's page can load by a plain script tag. */
function storefrontWidget(outDir: string): InlineConfig {
  const { build, ...rest } = common("storefront", outDir)
  return {
    ...rest,
    publicDir: false,
    build: {
      ...build,
      emptyOutDir: false,
      lib: {
        entry: join(projectDir, "web/storefront/main.ts"),
        formats: ["iife"],
        name: "buddyShoppingWidget",
        fileName: () => "widget.js",
      },
    },
  }
}

/** Builds what the widget loads when it is needed, into files beside it: the other languages, the tools of a group, and QR codes. */
function besideWidget(outDir: string): InlineConfig {
  const { build, ...rest } = common("storefront", outDir)
  const folder = join(projectDir, "web/storefront")
  const languages = readdirSync(join(folder, "texts")).filter((file) => file !== "en.json")
  return {
    ...rest,
    publicDir: false,
    build: {
      ...build,
      emptyOutDir: false,
      lib: {
        entry: {
          "widget-qr": join(folder, "qr.ts"),
          "widget-group": join(folder, "group-tools.ts"),
          ...Object.fromEntries(
            languages.map((file) => [`widget-${file.replace(".json", "")}`, join(folder, "texts", file)]),
          ),
        },
        formats: ["es"],
        fileName: (_, name) => `${name}.js`,
      },
    },
  }
}

/** Resolves this repository's packages from their sources. */
export const fromSources = { conditions: ["@res-service/source", ...defaultClientConditions] }

function common(app: string, outDir: string): InlineConfig {
  return {
    configFile: false,
    logLevel: "warn",
    root: join(projectDir, "web", app),
    base: `/${app}/`,
    resolve: fromSources,
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      // Nothing inline: the pages' Content-Security-Policy allows no inline script, and no data: fonts.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // Of one chunk, in kB. What a first load may cost has a test.
      chunkSizeWarningLimit: 600,
    },
  }
}
