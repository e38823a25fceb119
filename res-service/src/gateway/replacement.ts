import { applyEvent, CollectionContent, type Content, ModelContent } from "../client/content.ts"
import { allValues } from "../client/event-detail.ts"
import { type EventDetail, ResourceEvent } from "../client/resource-event.ts"

/**
 * The events that make `after`, which has the version `version`, of `before`. All values are removed and added again, also equal ones, for a
 * client that has lost what they refer to. Undefined: they are of different types.
 */
export function replacement(before: Content, after: Content, version: number): readonly ResourceEvent[] | undefined {
  const steps = stepsBetween(before, after)
  let content = before
  return steps?.map((detail, i) => {
    content = applyEvent(content, detail) ?? content
    const payload = detail.type === "remove" ? `{"idx":${detail.idx}}` : undefined
    return new ResourceEvent(detail.type, detail, { version: version - steps.length + i, after: content }, payload)
  })
}

function stepsBetween(before: Content, after: Content): readonly EventDetail[] | undefined {
  if (before instanceof ModelContent && after instanceof ModelContent) {
    const changed = allValues(before, after)
    return changed.size === 0 ? [] : [{ type: "change", changed, old: before.values }]
  }
  if (before instanceof CollectionContent && after instanceof CollectionContent) {
    return [
      ...before.values.map((value, idx): EventDetail => ({ type: "remove", idx, value })).toReversed(),
      ...after.values.map((value, idx): EventDetail => ({ type: "add", idx, value })),
    ]
  }
  return undefined
}
