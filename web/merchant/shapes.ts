/** What the service shows of a shop; see the table of resources in README. */

export interface BasketLine {
  readonly product_id: number
  readonly product_name: string
  readonly UPC: string
  readonly category_id: string
  readonly quantity: number
  readonly unit_price: number
  readonly line_total: number
}

/** `store.<shop_id>.basket.<session_id>` */
export interface Basket {
  readonly session_id: string
  readonly shopper_id: string
  readonly status: "open" | "checked_out" | "idle"
  readonly lines: readonly BasketLine[]
  readonly item_count: number
  /** Of the lines. */
  readonly total: number
  /** As last sent. */
  readonly basket_total: number
  /** The app sent a higher total than the lines make. */
  readonly drift: boolean
  readonly events: number
  readonly first_at: string
  readonly last_at: string
  readonly last_action: string
  readonly last_seq: number
  readonly acknowledged_by: string | null
  readonly acknowledged_at: string | null
  /** What others have noted of it in the archive. */
  readonly annotations?: Readonly<Record<string, unknown>>
}

export interface Minute {
  readonly at: string
  readonly events: number
  readonly checkouts: number
  readonly value: number
}

/** `store.<shop_id>.stats` */
export interface Stats {
  readonly events: number
  readonly baskets_open: number
  readonly baskets_checked_out: number
  readonly value_open: number
  readonly value_checked_out: number
  readonly events_last_minute: number
  /** The last 60 whole minutes, oldest first. */
  readonly minutes: readonly Minute[]
  readonly top_products: readonly {
    readonly product_id: number
    readonly product_name: string
    readonly added: number
  }[]
  readonly since: string
}
