import { type DemoShop, shops } from "./catalogue.ts"
import { type FriendStep, friendSteps } from "./friends.ts"
import { Random } from "./random.ts"
import { type DemoEvent, Visit } from "./visit.ts"

/** Regular shoppers per shop. */
const REGULARS = 60
/** Most shoppers in a shop at a time, at its peak. */
const MOST_VISITS = 24
/** A day of the demo, in events: at 90 a minute it takes ten minutes. */
export const DAY_EVENTS = 900
/** When the first day begins, in days: shortly before noon, so that there is something to see. */
const BEGIN = 11 / 24
/** Events between two steps of the friends. */
const EVENTS_OF_FRIEND_STEP = 6

/** A step of the demo, and the pause before it as a multiple of the average pause between events. */
export type Step = { readonly pause: number } & (
  | { readonly type: "publish"; readonly event: DemoEvent }
  | { readonly type: "friend"; readonly step: FriendStep }
)

interface ShopFloor {
  readonly shop: DemoShop
  readonly regulars: readonly string[]
  visits: Visit[]
}

/** The endless steps of the demo, the same for the same seed. */
export function* script(seed: number): Generator<Step, never> {
  const random = new Random(seed)
  const friends = friendSteps(new Random(seed + 1))
  const floors: ShopFloor[] = shops.map((shop) => ({
    shop,
    regulars: Array.from({ length: REGULARS }, () => random.uuid()),
    visits: [],
  }))
  for (let n = 0; ; n++) {
    const crowd = crowdAt(BEGIN + n / DAY_EVENTS)
    const floor = pickFloor(floors, random)
    const room = Math.ceil(MOST_VISITS * crowd * floor.shop.share)
    if (floor.visits.length < room) floor.visits.push(new Visit(random, floor.shop, random.pick(floor.regulars)))
    const visit = random.pick(floor.visits)
    // Exponential, as for independent people; longer while there are few of them.
    const pause = (-Math.log(1 - random.next()) * MEAN_CROWD) / crowd
    yield { pause, type: "publish", event: visit.next() }
    floor.visits = floor.visits.filter(({ over }) => !over)
    if (n % EVENTS_OF_FRIEND_STEP === 0) yield { pause: 0, type: "friend", step: friends.next().value }
  }
}

/** How crowded the shops are at a time in days: 0.2 at night, 1 in the evening, with a smaller peak at noon. */
export function crowdAt(day: number): number {
  const hour = (day % 1) * 24
  const peak = (at: number, width: number): number => Math.exp(-(((hour - at) / width) ** 2))
  return Math.min(1, 0.2 + 0.45 * peak(12.5, 2) + 0.8 * peak(19, 2.2))
}

/** So that pauses are 1 on average: events come evenly over the day's share that `n` counts, whatever the crowd. */
const MEAN_CROWD =
  1 /
  (Array.from({ length: DAY_EVENTS }, (_, n) => 1 / crowdAt(n / DAY_EVENTS)).reduce((a, b) => a + b, 0) / DAY_EVENTS)

function pickFloor(floors: readonly ShopFloor[], random: Random): ShopFloor {
  let left = random.next()
  const found = floors.find(({ shop }) => {
    left -= shop.share
    return left < 0
  })
  return found ?? random.pick(floors)
}
