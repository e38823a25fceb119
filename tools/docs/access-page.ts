import { type conditions, type Holder, holders, policy, rules } from "../../service/auth/policy.ts"

const holderNames: Readonly<Record<Holder, string>> = {
  merchant: "merchant",
  shopper: "shopper",
  admin: "admin",
  noRole: "signed in, no role",
  nobody: "no valid token",
}

const conditionNames: Readonly<Record<keyof typeof conditions, string>> = {
  always: "yes",
  ownShop: "of its shops",
  ownShopAsItself: "to its shops, as itself",
}

/** The table of `docs/access.md`, which `npm run docs` makes from `service/auth/policy.ts`. */
export function accessTable(): string {
  const rows = Object.entries(policy).flatMap(([resource, methods]) =>
    Object.entries(methods).map(([method, rule]) => {
      const granted: Readonly<Partial<Record<Holder, keyof typeof conditions>>> = rules[rule]
      const cells = holders.map((holder) => {
        const condition = granted[holder]
        return condition === undefined ? "–" : conditionNames[condition]
      })
      return [`\`${resource}\``, `\`${method}\``, `\`${rule}\``, ...cells]
    }),
  )
  const head = ["resource", "method", "rule", ...holders.map((holder) => holderNames[holder])]
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")
}

/** Replaces the table of `page`, between its two marks. */
export function withAccessTable(page: string): string {
  return page.replace(/(<!-- policy -->\n)[\s\S]*(\n<!-- \/policy -->)/, (_, begin, end) => begin + accessTable() + end)
}
