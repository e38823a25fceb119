import { readFileSync } from "node:fs"
import { expect } from "chai"
import type { AnyResource } from "res-service"
import { EXIT } from "../../cli/exit-status.ts"
import { PublishEvent, samplePublishEvent } from "../../contract/publish-event.ts"
import { resources } from "../../contract/resources.ts"
import { archiveResource } from "../../service/archive/status.ts"
import { type AuthSources, authResource } from "../../service/auth/auth-resource.ts"
import { openGuard, type TokenGuard } from "../../service/auth/guard.ts"
import { policy } from "../../service/auth/policy.ts"
import { catalogueResource } from "../../service/catalogue.ts"
import { healthResource } from "../../service/health.ts"
import type { JetStream } from "../../service/jetstream/jetstream.ts"
import { lineResource, linesResource } from "../../service/session/lines-resource.ts"
import { memberResource, membersResource } from "../../service/session/members-resource.ts"
import {
  cartResource,
  multicartResource,
  presentResource,
  type SessionSources,
  statusResource,
} from "../../service/session/multicart-resource.ts"
import type { Sessions } from "../../service/session/sessions.ts"
import { shoppersResource } from "../../service/shoppers/shoppers-resource.ts"
import { type BasketSources, basketResource } from "../../service/store/basket.ts"
import { basketListResources } from "../../service/store/basket-lists.ts"
import { dayResource } from "../../service/store/day.ts"
import { daysResource } from "../../service/store/days.ts"
import { digestResource } from "../../service/store/digest.ts"
import type { Digests } from "../../service/store/digests.ts"
import { type EventSources, eventResource } from "../../service/store/event.ts"
import { type FeedSources, feedResource } from "../../service/store/feed.ts"
import { profileResource } from "../../service/store/profile.ts"
import type { Profiles } from "../../service/store/profiles.ts"
import type { Shops } from "../../service/store/shops.ts"
import { statsResource } from "../../service/store/stats.ts"
import { type Watchers, watchersResource } from "../../service/store/watchers.ts"
import { accessTable, withAccessTable } from "../../tools/docs/access-page.ts"
import { ran } from "../helpers/terminal.ts"

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")

describe("the docs", () => {
  const readme = read("README.md")

  it("publish the sample: README's curl sends what the schema's example is", () => {
    const bodies = [...readme.matchAll(/\/publish\/.*-d '(\{.*?\})'/g)].map(([, body = ""]) => JSON.parse(body))
    expect(bodies).to.deep.equal([samplePublishEvent])
    expect(PublishEvent.parse(samplePublishEvent)).to.deep.equal(samplePublishEvent)
    expect(readme).to.include(`/publish/${samplePublishEvent.shop_id}`)
  })

  it("list the fields of an event, in docs/publish.md, as the schema has them", () => {
    const fields = [...read("docs/publish.md").matchAll(/^\| `(\w+)` \| (UUID version 4|integer|number|string) \|/gm)]
    expect(fields.map(([, name]) => name)).to.deep.equal(Object.keys(PublishEvent.shape))
    for (const [, name, type] of fields) {
      const sample = samplePublishEvent[name as keyof PublishEvent]
      expect(typeof sample, name).to.equal(type === "string" || type === "UUID version 4" ? "string" : "number")
    }
  })

  it("list the resources, with their kind and calls, in README, as they are declared", () => {
    const declared: AnyResource[] = [
      feedResource({ guard: openGuard } as FeedSources),
      eventResource({ guard: openGuard } as EventSources),
      ...basketListResources(openGuard, {} as Shops),
      basketResource({ guard: openGuard } as BasketSources),
      statsResource(openGuard, {} as Shops),
      digestResource(openGuard, {} as Digests),
      dayResource(openGuard, {} as Shops),
      daysResource(openGuard, {} as Shops),
      profileResource(openGuard, {} as Profiles, async () => {}),
      watchersResource(openGuard, {} as Watchers),
      multicartResource({ guard: openGuard } as SessionSources),
      presentResource(openGuard, {} as Sessions),
      statusResource(openGuard, {} as Sessions),
      linesResource(openGuard, {} as Sessions),
      lineResource(openGuard, {} as Sessions),
      membersResource(openGuard, {} as Sessions),
      memberResource(openGuard, {} as Sessions),
      cartResource(openGuard, {} as Sessions),
      authResource({ guard: openGuard as unknown as TokenGuard } as AuthSources),
      shoppersResource(openGuard, async () => {
        throw new Error("not called")
      }),
      healthResource(openGuard, async () => ({ stream: "", last_seq: 0 })),
      archiveResource(openGuard, {} as JetStream),
      catalogueResource(openGuard),
    ]
    const rows = [...readme.matchAll(/^\| `([a-z]+\.[^`?]+)` \| (model|collection) \|.*\|([^|]*)\|$/gm)]
    const documented = rows.map(([, rid = "", kind, calls = ""]) => [
      rid.replaceAll(/<(\w+)>/g, "$$$1"),
      kind,
      [...calls.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    ])
    const expected = declared.map(({ pattern, kind, handlers }) => [
      pattern.source,
      kind,
      Object.keys(handlers.call ?? {}),
    ])
    expect(documented).to.deep.equal(expected)
    expect(declared.map(({ pattern }) => pattern.source)).to.have.members(Object.keys(policy))
    expect(declared.map(({ contract }) => contract)).to.have.members(resources)
  })

  it("have the policy's table in docs/access.md as service/auth/policy.ts is (if not: npm run docs)", () => {
    const page = read("docs/access.md")
    expect(page).to.include(accessTable())
    expect(withAccessTable(page)).to.equal(page)
  })

  it("have the commands of shopwire and their exit statuses in docs/cli.md as they are", async () => {
    const page = read("docs/cli.md")
    const [, listed = ""] = (await ran(["--help"])).stdout.split("Commands:")
    const commands = [...listed.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name).filter((name) => name !== "help")
    const documented = [...page.matchAll(/^\| `([a-z]+)[^`]*` \|/gm)].map(([, name]) => name)
    expect([...new Set(documented)]).to.deep.equal(commands)
    const statuses = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, status]) => Number(status))
    expect(statuses).to.deep.equal(Object.values(EXIT))
  })

  it("name only files and scripts that exist", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> }
    for (const file of [
      "README.md",
      "CONTRIBUTING.md",
      "SECURITY.md",
      "docs/publish.md",
      "docs/producers.md",
      "docs/lifecycle.md",
      "docs/errors.md",
      "docs/limits.md",
      "docs/nats.md",
      "docs/legacy.md",
      "docs/session.md",
      "docs/merchant.md",
      "docs/access.md",
      "docs/archive.md",
      "docs/baskets.md",
      "docs/cli.md",
      "docs/interfaces.md",
      "docs/scaling.md",
    ]) {
      const text = read(file)
      const folder = file.includes("/") ? `${file.split("/")[0]}/` : ""
      for (const [, target = ""] of text.matchAll(/\]\((?!http)([^)#]+)\)/g)) read(folder + target)
      for (const [, name = ""] of text.matchAll(/npm run ([\w:-]+)/g)) expect(scripts, file).to.have.property(name)
      for (const [, example = ""] of text.matchAll(/node (examples\/\S+)/g)) read(example)
    }
  })
})
