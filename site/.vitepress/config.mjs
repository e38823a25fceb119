// `npm run docs:site` builds the site. Its pages are copies in site/pages: see tools/site. VitePress refuses links to pages that it lacks.
import { readFileSync } from "node:fs"
import { defineConfig } from "vitepress"

export default defineConfig({
  title: "shopwire",
  description: "Live shop events and shared carts, as RES resources on NATS",
  srcDir: "pages",
  // GitHub serves a project's pages below its name.
  base: process.env.SITE_BASE ?? "/",
  cleanUrls: false,
  lastUpdated: false,
  themeConfig: {
    sidebar: JSON.parse(readFileSync(new URL("../pages/navigation.json", import.meta.url), "utf8")),
    nav: [
      { text: "First ten minutes", link: "/docs/start" },
      { text: "Operate", link: "/docs/operate/README" },
      { text: "Changelog", link: "/CHANGELOG" },
    ],
    outline: [2, 3],
    search: { provider: "local" },
  },
  markdown: {
    // As GitHub makes them.
    anchor: { slugify },
    languageAlias: { conf: "ini", caddyfile: "nginx" },
  },
})

/** @param {string} heading */
function slugify(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-")
}
