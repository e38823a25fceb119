import { posix } from "node:path"

/** What a page of the site is made with. */
export interface SiteSources {
  /** Whether the site has a page or picture of this path from the project's folder. */
  has(path: string): boolean
  /** The address of the repository's files, as in "https://github.com/acme/shopwire/blob/main"; undefined: not known. */
  readonly repository: string | undefined
}

/** A link or picture in Markdown, and its target; and a picture in HTML. */
const LINK = /(\]\()(?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?(\))/g
const IMAGE = /(<img src=")(?!https?:)([^"]+)(")/g

/**
 * A page of the repository as a page of the site, which has the same folders. Links to what the site does not have lead to the
 * repository, or, if its address is not known, become plain text.
 *
 * @param path of the page, from the project's folder
 */
export function sitePage(path: string, text: string, { has, repository }: SiteSources): string {
  const resolve = (target: string): string => posix.normalize(posix.join(posix.dirname(path), target))
  return outsideCode(withMarks(text), (part) =>
    part
      // Vue would compute it.
      .replaceAll(/`([^`\n]*\{\{[^`\n]*)`/g, (_, code: string) => `<code v-pre>${code.replaceAll("<", "&lt;")}</code>`)
      .replaceAll(IMAGE, (_, begin, target, end) => `${begin}./${target}${end}`)
      .replaceAll(/\[([^\]]*)\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)/g, (link, words, target) => {
        const file = resolve(target)
        if (has(file)) return link
        return repository === undefined ? words : `[${words}](${repository}/${file})`
      }),
  )
}

/** The pages and pictures that a page of Markdown links to, from the project's folder. */
export function linkedFiles(path: string, text: string): string[] {
  const files: string[] = []
  outsideCode(text, (part) => {
    for (const pattern of [LINK, IMAGE])
      for (const [, , target = ""] of part.matchAll(pattern))
        files.push(posix.normalize(posix.join(posix.dirname(path), target)))
    return part
  })
  return files
}

/** The first heading of a page, and the paragraph below it as plain text. */
export function summaryOf(text: string): { readonly title: string; readonly summary: string } {
  const [, title = "", summary = ""] = /^# (.*)\n+((?:(?!```|#|\||<|- | {4}|\s*\n).+\n?)*)/m.exec(text) ?? []
  return { title: plain(title), summary: plain(summary.trim().replaceAll("\n", " ")) }
}

function plain(text: string): string {
  return text.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
}

/** Says below each block of commands that no test runs it, unless the page says so itself. */
function withMarks(text: string): string {
  return text.replaceAll(/^( *)```sh not-run\n[\s\S]*?^\1```\n(?!\n*\1\*Not run)/gm, (block, indent) => {
    return `${block}\n${indent}*No test runs this.*\n`
  })
}

/** Changes a page, but for its blocks of code. */
function outsideCode(text: string, change: (part: string) => string): string {
  return text
    .split(/(^ *```[\s\S]*?^ *```$)/m)
    .map((part, i) => (i % 2 === 0 ? change(part) : part))
    .join("")
}
