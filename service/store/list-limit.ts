/** Most open baskets in a shop's list. A module of its own, because pages import it too. */
export const LIST_LIMIT = 100
