/** The `_id` of a basket's document. */
export function basketId({ shop_id, session_id }: { readonly shop_id: string; readonly session_id: string }): string {
  return `${shop_id}/${session_id}`
}
