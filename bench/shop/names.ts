/** Screens of the shop. */
export const SCREENS = 100

export const UNWATCHED = "POST to one shop, 16 at a time, nobody watches"
export const WATCHED = `POST to one shop, 16 at a time, ${SCREENS} watch feed, baskets and figures`

/** Of the shop whose feed is shown. */
export const SHOWN_PER_SECOND = 100
export const SHOWN = `POST to resclient's add event, ${SHOWN_PER_SECOND} a second, ${SCREENS} screens`
