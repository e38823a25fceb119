/** How many open baskets a shop's list shows. Pages know it too, so it stands by itself. */
export const LIST_LIMIT = 100
