/** The links of a page in Markdown that stay in this repository: a path from the page's folder, an anchor, or both. */
export function linksOf(page: string): string[] {
  return [...withoutCode(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, target = ""]) => target)
}

/** The anchors of a page's headings, as GitHub and the site make them. */
export function anchorsOf(page: string): string[] {
  return [...withoutCode(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  )
}

function withoutCode(page: string): string {
  return page.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "")
}
