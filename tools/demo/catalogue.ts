import type { OpeningHours, ProfilePatch } from "../../contract/profile.ts"
import { samplePublishEvent } from "../../contract/publish-event.ts"

/** A product in a shop of the demo. */
export interface Product {
  readonly product_id: number
  readonly product_name: string
  readonly product_price: number
  readonly UPC: string
  readonly category_id: string
}

/** A shop of the demo. */
export interface DemoShop {
  readonly shop_id: string
  readonly name: string
  /** The rest of its profile. */
  readonly profile: ProfilePatch
  /** Its share of the demo's shoppers; the shares of all shops add up to 1. */
  readonly share: number
  readonly products: readonly Product[]
}

const { product_id, product_name, product_price, UPC, category_id } = samplePublishEvent
const apples: Product = { product_id, product_name, product_price, UPC, category_id }

const europe: ProfilePatch = {
  currency: "EUR",
  time_zone: "Europe/Berlin",
  languages: ["en", "es"],
  opening_hours: openOn(["mon", "tue", "wed", "thu", "fri", "sat"], "08:00", "20:00"),
}

/** The shops of the demo; the first one is the shop of the docs' examples. */
export const shops: readonly DemoShop[] = [
  {
    shop_id: samplePublishEvent.shop_id,
    name: "Corner Grocery",
    profile: europe,
    share: 0.6,
    products: [
      apples,
      ...products(500200, "0421000", {
        fruit: {
          "Conference Pears": 2.9,
          Bananas: 1.79,
          "Blood Oranges": 3.2,
          "Strawberries 500 g": 4.49,
          Lemons: 0.45,
        },
        vegetables: { "Vine Tomatoes": 2.99, Cucumber: 0.89, "Baby Spinach": 2.49, Avocado: 1.59, "Red Onions": 1.29 },
        dairy: {
          "Whole Milk 1 l": 1.25,
          "Greek Yoghurt": 2.19,
          "Salted Butter": 2.79,
          "Aged Gouda": 6.4,
          "Eggs, 10": 3.49,
        },
        bakery: { "Sourdough Bread": 4.2, "Butter Croissant": 1.35, "Rye Rolls, 6": 2.95 },
        pantry: { "Spaghetti 500 g": 1.49, "Olive Oil 0.75 l": 9.95, "Ground Coffee": 6.99, "Wildflower Honey": 5.8 },
        drinks: { "Sparkling Water, 6": 3.54, "Apple Juice": 2.39, "Ginger Beer": 1.95 },
      }),
    ],
  },
  {
    shop_id: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    name: "Paper & Ink",
    profile: europe,
    share: 0.25,
    products: products(710100, "0731100", {
      books: {
        "The Long Way Round": 14.99,
        "Night Trains of Europe": 24,
        "Bread at Home": 29.95,
        "Small Gardens": 19.5,
      },
      paper: { "Dotted Notebook A5": 8.9, "Sketchbook A4": 12.4, "Envelopes, 50": 4.75, "Wrapping Paper": 3.2 },
      pens: { "Fountain Pen, fine": 32, "Ink, midnight blue": 11.5, "Gel Pens, 4": 7.6, "Pencils 2B, 12": 9.8 },
      gifts: { "Tin of Stickers": 5.25, "Desk Calendar": 15.9, "Postcards, 10": 6.5 },
    }),
  },
  {
    shop_id: "9b2d3e1a-5f6c-4a7b-8c9d-0e1f2a3b4c5d",
    name: "Trail & Camp",
    profile: europe,
    share: 0.15,
    products: products(820100, "0845200", {
      sleeping: { "Two-Person Tent": 249, "Down Sleeping Bag": 189.9, "Sleeping Mat": 64.95 },
      cooking: { "Gas Stove": 49.5, "Titanium Mug": 21.9, "Gas Cartridge 230 g": 7.45, "Freeze-Dried Chili": 8.2 },
      clothing: { "Rain Jacket": 129, "Merino Socks": 18.5, "Sun Hat": 27.9 },
      tools: { "Head Torch": 39.95, "Folding Knife": 34, "Water Filter": 44.9, "First-Aid Kit": 26.4 },
    }),
  },
]

/** Opening hours that are the same on some days. */
function openOn(days: readonly (keyof OpeningHours)[], from: string, to: string): OpeningHours {
  return Object.fromEntries(days.map((day) => [day, [[from, to]]]))
}

type Prices = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Makes products from a table of categories, names and prices, numbered from `firstId`. */
function products(firstId: number, upcPrefix: string, table: Prices): Product[] {
  return Object.entries(table)
    .flatMap(([category, prices]) => Object.entries(prices).map(([name, price]) => ({ category, name, price })))
    .map(({ category, name, price }, i) => ({
      product_id: firstId + i,
      product_name: name,
      product_price: price,
      UPC: withCheckDigit(`${upcPrefix}${String(1000 + i * 7)}`),
      category_id: category,
    }))
}

/** A UPC-A of 12 digits from its first 11. Source: GS1 General Specifications, "Check digit calculation". */
function withCheckDigit(digits: string): string {
  const sum = [...digits].reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 3 : 1), 0)
  return `${digits}${(10 - (sum % 10)) % 10}`
}
